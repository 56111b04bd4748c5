"""What is done for a job at one look, state by state."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.errors import HailuoError
from hailuo.jobs.job import Job, JobState
from hailuo.jobs.patience import Patience
from hailuo.jobs.presenter import (
    CardDelayedError,
    CardGoneError,
    CardTooLargeError,
    Delivery,
    Outlook,
)
from hailuo.jobs.submission import Submission
from hailuo.runcomfy.errors import (
    InvalidInputError,
    RequestNotFoundError,
    ResultNotReadyError,
    RunComfyError,
)
from hailuo.runcomfy.models import (
    Cancelled,
    Completed,
    EmptyOutput,
    Failed,
    InProgress,
    InQueue,
    JobInput,
    NotReady,
    Output,
    RequestId,
    Status,
)
from hailuo.wording import N_, Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.folders import Folders
    from hailuo.jobs.handover import Handover
    from hailuo.jobs.job import JobId
    from hailuo.jobs.line import Line
    from hailuo.jobs.lookout import Lookout
    from hailuo.jobs.presenter import Alarm, Presenter
    from hailuo.jobs.retrieval import Retrieval
    from hailuo.runcomfy.client import RunComfyClient
    from hailuo.store import Store

log = structlog.get_logger(__name__)

NOW: Final = timedelta(0)
IN_LINE: Final = timedelta(minutes=5)
"""How often a job in line is looked at though nothing has called it: its card may be behind."""
LINK_LIFE: Final = timedelta(hours=12)
"""How long a picture's link is taken for good; Discord's live about a day."""
END_PATIENCE: Final = timedelta(hours=24)
"""How long a job's end is tried on a card that does not answer."""

NO_VIDEO: Final = N_(
    "RunComfy finished without a video. It was not counted; "
    "please try again, perhaps with another prompt."
)
STALLED: Final = N_(
    "RunComfy has stood still with this for hours, so the bot has stopped waiting. "
    "It was not counted; please try again."
)
SILENT: Final = N_(
    "RunComfy has told nothing of this for a day, so the bot has stopped asking. "
    "It was not counted; please try again."
)
LOST_PICTURE: Final = N_(
    "The picture was lost before it could be sent. It was not counted; please run it again."
)
LOST_VIDEO: Final = N_(
    "The video was rendered but could not be fetched from RunComfy. It was not counted; "
    "please try again."
)
API_FAILED: Final = N_(
    "RunComfy could not make this video: {why}. It was not counted; please try again."
)
WHY_UNKNOWN: Final = N_("it did not say why")


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    made_at: datetime
    """By the clock of the wall: a machine that sleeps keeps no link alive."""


class JobStages:
    """Moves a job one act further; implements the worker's `Stages`."""

    def __init__(  # noqa: PLR0913 - the one place where all parts of the engine meet
        self,
        *,
        store: Store,
        api: RunComfyClient,
        retrieval: Retrieval,
        handover: Handover,
        presenter: Presenter,
        alarm: Alarm,
        lookout: Lookout,
        line: Line,
        folders: Folders,
        clock: Clock,
        inline_pictures: bool,
    ) -> None:
        self._store = store
        self._api = api
        self._retrieval = retrieval
        self._presenter = presenter
        self._alarm = alarm
        self._lookout = lookout
        self._folders = folders
        self._clock = clock
        self._inline_pictures = inline_pictures
        self._handover = handover
        self._line = line
        self._submission = Submission(store, api, line, clock)
        self._links: dict[JobId, _Link] = {}
        self._alarmed: set[JobId] = set()
        self._patience = Patience(clock)

    async def advance(self, job: Job) -> timedelta | None:
        """Do the job's next act; return when to look again, None when nothing is left to do."""
        match job.state:
            case JobState.ACCEPTED:
                return await self._open(job)
            case JobState.SUBMITTING:
                # Nobody is at it any more, or this look would still be waiting for them.
                await self._store.move(job, JobState.UNKNOWN)
                return NOW
            case JobState.IN_QUEUE | JobState.IN_PROGRESS:
                return await self._poll(job)
            case JobState.FETCHING:
                return await self._fetch(job)
            case JobState.DELIVERING:
                return await self._deliver(job)
            case _:
                return await self._end(job)

    def let_go(self, job_id: JobId) -> None:
        """Forget a job that is settled, or another worker's."""
        self._links.pop(job_id, None)
        self._alarmed.discard(job_id)
        self._presenter.forget(job_id)
        self._lookout.drop(job_id)
        self._patience.forget(job_id)

    async def finish(self) -> None:
        """Wait for the paid requests under way: tearing one would leave it `unknown`."""
        await self._submission.finish()

    async def watch(self, poke: Callable[[JobId], None]) -> None:
        """Wake those in line whose turn has come, until cancelled."""
        await self._line.run(poke)

    async def _open(self, job: Job) -> timedelta:
        """Draw the card, whose picture the API will fetch, then submit when it is its turn."""
        if job.cancel_pending:
            await self._store.move(job, JobState.CANCELLED)
            return NOW
        picture = self._folders.picture(job.picture.name)
        if not await asyncio.to_thread(picture.is_file):
            return await self._fail(job, Wording(LOST_PICTURE))
        if job.lined_up_at is not None and not self._line.calls(job):
            self._patience.forget(job.id)  # nobody tries its card meanwhile
            place = self._line.tell_place(job)
            if place is not None:
                self._presenter.update(job, Outlook(place=place))
            return IN_LINE
        try:
            url = await self._link(job, picture)
        except (CardGoneError, CardTooLargeError) as error:
            return await self._fail(job, error.wording)
        except CardDelayedError as error:
            if not self._patience.ends_with(job.id, error):
                raise
            return await self._fail(job, CardGoneError().wording)
        self._patience.answered(job.id)
        if self._inline_pictures:
            url = await asyncio.to_thread(_data_uri, picture)
        given = JobInput(job.request.prompt, url, job.request.prompt_optimizer)
        await self._submission.submit(job, given)
        return NOW

    async def _link(self, job: Job, picture: Path) -> str:
        """Return the public URL of the card's picture: a job may wait longer than one lives.

        A card that was deleted meanwhile took its picture along, so it is tried before the API is.
        """
        now = self._clock.now()
        known = self._links.get(job.id)
        fresh = known is not None and timedelta(0) <= now - known.made_at <= LINK_LIFE
        if known is None or not fresh or not self._presenter.stands(job):
            known = self._links[job.id] = _Link(await self._presenter.open(job, picture), now)
        return known.url

    async def _poll(self, job: Job) -> timedelta:
        """Look at the job; an error of a look is the job's end only if it is all that there is."""
        try:
            return await self._follow(job, await self._ask(job))
        except RunComfyError as error:
            if not self._patience.ends_with(job.id, error):
                raise
            log.exception("given up", job=job.id, request=job.request_id)
            return await self._fail(job, _why_over(error))

    async def _ask(self, job: Job) -> Status:
        """Ask the API how the job stands; where somebody wishes for its end, to drop it first."""
        if job.cancel_pending:
            try:
                outcome = await self._api.cancel(_request_id(job))
            except RunComfyError as error:
                log.warning("cancel not taken", job=job.id, error=str(error))
                if error.retry_after is not None:
                    raise
            else:
                status = outcome if isinstance(outcome, Cancelled) else outcome.status
                if status is not None:
                    return status
        return await self._api.status(_request_id(job))

    async def _follow(self, job: Job, status: Status) -> timedelta:
        """Do what the API's word on the job asks for."""
        match status:
            case Completed():
                return await self._read_result(job)
            case Failed(reason):
                return await self._fail(job, _api_failed(reason))
            case Cancelled():
                await self._store.move(job, JobState.CANCELLED)
                return NOW
            case InProgress() if job.state is JobState.IN_QUEUE:
                last_look = self._lookout.last_look(job)
                job = await self._store.move(job, JobState.IN_PROGRESS, last_look=last_look)
                self._lookout.saw(job)
            case InQueue() | InProgress():
                self._lookout.saw(job)
            case _:
                pass  # a word we do not know
        position = status.position if isinstance(status, InQueue) else None
        early, late = self._lookout.expected(job) or (None, None)
        self._presenter.update(job, Outlook(position, early, late))
        return await self._look_again(job)

    async def _look_again(self, job: Job, retry_after: timedelta | None = None) -> timedelta:
        """Return when to look again at a job that was found under way, unless it has stalled."""
        self._patience.answered(job.id)
        if self._patience.lasting(job.id, job.state) > self._lookout.longest(job):
            return await self._fail(job, Wording(STALLED))
        return self._lookout.next_look(job, retry_after)

    async def _read_result(self, job: Job) -> timedelta:
        """Read the definitive word: a completed job may yet have failed."""
        try:
            result = await self._api.result(_request_id(job))
        except ResultNotReadyError as error:
            return await self._look_again(job, error.retry_after)
        self._patience.answered(job.id)
        match result:
            case Output():
                last_look = self._lookout.last_look(job)
                moved = await self._store.move(job, JobState.FETCHING, last_look=last_look)
                self._lookout.done(moved)
                self._presenter.update(moved, Outlook())
                return NOW
            case NotReady():
                return await self._look_again(job)
            case Cancelled():
                await self._store.move(job, JobState.CANCELLED)
                return NOW
            case Failed(reason):
                return await self._fail(job, _api_failed(reason))
            case EmptyOutput():
                return await self._fail(job, Wording(NO_VIDEO))

    async def _fetch(self, job: Job) -> timedelta:
        """Bring the video to our disk; a result is free to fetch again."""
        try:
            video = await self._retrieval.bring(job, _request_id(job))
        except HailuoError as error:  # also where it came, and our own tools cannot look inside
            if self._patience.ends_with(job.id, error):
                log.exception("video lost", job=job.id, request=job.request_id)
                return await self._fail(job, Wording(LOST_VIDEO))
            raise
        self._patience.answered(job.id)
        await self._store.move(job, JobState.DELIVERING, video=video)
        return NOW

    async def _deliver(self, job: Job) -> timedelta:
        """Hand over the video, in the best form that its place takes."""
        video = self._folders.video(job.video.name) if job.video is not None else None
        if job.video is None or video is None or not await asyncio.to_thread(video.is_file):
            await self._store.move(job, JobState.FETCHING)
            return NOW
        try:
            delivery = await self._handover.deliver(job, self._presenter)
        except CardDelayedError as error:
            if not self._patience.ends_with(job.id, error):
                raise
            log.warning("delivery given up", job=job.id, error=str(error))
            delivery = Delivery.NOWHERE
        if delivery is Delivery.NOWHERE:
            await self._store.move(job, JobState.KEPT)
        else:
            await self._store.move(job, JobState.DELIVERED)
        return NOW

    async def _end(self, job: Job) -> None:
        """See to it that the card shows the end, then let the job go."""
        self._line.stir()  # there may be room for another
        if job.state is JobState.UNKNOWN and job.reason is None and job.id not in self._alarmed:
            await self._alarm(job)  # else it was told, or decided on
            self._alarmed.add(job.id)
        if job.state is not JobState.DELIVERED:  # delivering has drawn that one
            try:
                await self._presenter.close(job)
            except HailuoError as error:
                tried_for = self._patience.lasting(job.id, job.state)
                if not error.retryable or tried_for < END_PATIENCE:
                    raise
                log.warning("card given up", job=job.id, error=str(error))
        if job.request_id is None and job.state in {JobState.CANCELLED, JobState.FAILED}:
            # Nobody counts those that were never sent, so their pictures would fill the disk.
            picture = self._folders.picture(job.picture.name)
            await asyncio.to_thread(picture.unlink, missing_ok=True)
        await self._store.announce(job)
        log.info("settled", job=job.id, state=job.state)

    async def _fail(self, job: Job, reason: Wording) -> timedelta:
        log.warning("failed", job=job.id, request=job.request_id, reason=reason.english)
        await self._store.move(job, JobState.FAILED, reason=reason)
        return NOW


def _request_id(job: Job) -> RequestId:
    if job.request_id is None:
        raise ValueError(f"{job.id} is {job.state} without a request id")
    return RequestId(job.request_id)


def _why_over(error: RunComfyError) -> Wording:
    match error:
        case RequestNotFoundError():
            return error.wording
        case InvalidInputError():
            return _api_failed(error.text)
        case _:
            return Wording(SILENT)


def _api_failed(reason: str) -> Wording:
    return Wording(API_FAILED, {"why": reason.strip().rstrip(".") or WHY_UNKNOWN})


def _data_uri(picture: Path) -> str:
    kind = "jpeg" if picture.suffix in {".jpg", ".jpeg"} else picture.suffix.lstrip(".")
    return f"data:image/{kind};base64,{base64.b64encode(picture.read_bytes()).decode()}"

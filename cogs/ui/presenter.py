"""Shows jobs on Discord: what the engine asks for, drawn as a card and sent by the surface."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from cogs import tell_me
from cogs.ui import card, codes
from cogs.ui.crosses import Crosses
from cogs.ui.editor import RATIONED_AFTER, ProgressEditor
from cogs.ui.forecast import Forecasts
from cogs.ui.media import media, picture_name, shows, video_name
from cogs.ui.memory import EDITS, REDRAWS, Place, Way
from cogs.ui.place import card_of, is_elsewhere, url_of
from cogs.ui.placing import Placing
from cogs.ui.private import DmClosedError
from cogs.ui.sender import Draft, Upload
from cogs.ui.surface import BlockedError, CardRationedError, Surface
from cogs.ui.upload_limits import UploadLimits
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import (
    CardDelayedError,
    CardGoneError,
    CardTooLargeError,
    Delivery,
    Outlook,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    import discord

    from cogs.ui.budget import InvalidRequests
    from cogs.ui.client import Client
    from cogs.ui.editor import Drawing
    from cogs.ui.surface import Keeper
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId

_Sent = TypeVar("_Sent")

log = structlog.get_logger(__name__)

END: Final = "end"
UNCLEAR: Final = "unclear"
RELEASED: Final = "released"
TELL: Final = "tell"

POINTING_PATIENCE: Final = timedelta(minutes=10)
"""How long a job whose video has arrived is held up for a card that does not say so yet."""
NO_NUMBERS_AFTER: Final = RATIONED_AFTER - timedelta(minutes=10)
"""Later a card shows neither places nor times: soon it can no longer take them back."""


class CardPresenter:
    """Draws each job's one living message; implements `hailuo.jobs.presenter.Presenter`."""

    def __init__(
        self,
        client: Client,
        keeper: Keeper,
        clock: Clock,
        budget: InvalidRequests,
        *,
        default_upload_bytes: int,
        share: Callable[[Job], Awaitable[tuple[int, int]]],
    ) -> None:
        self._clock = clock
        self._share = share
        self._surface = Surface(client, keeper, clock, budget)
        self._crosses = Crosses(client, self._surface, budget)
        self._forecasts = Forecasts(clock)
        self._limits = UploadLimits(client, self._surface, default_upload_bytes)
        self.placing = Placing()
        self._editor = ProgressEditor(self._draw_progress, clock, budget)

    async def run(self) -> None:
        """Own what nobody waits for, progress and reactions, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._editor.run(), name="presenter:edits")
            group.create_task(self._crosses.run(), name="presenter:crosses")

    async def open(self, job: Job, picture: Path) -> str:
        """Draw the card with its picture, offer ❌, and return the picture's public URL.

        A card that has its picture keeps it: Discord's answer to any edit has a fresh link to it.
        """
        has_it = self._surface.memory(job).picture_id is not None
        upload = Upload(picture, picture_name(job))
        draft = Draft(card.progress, None if has_it else (upload,), mark=job.id)
        quota = await self._share(job)
        job = card.counted(job, quota)
        async with self._editor.alone(job):
            if job.request.private and job.request.card.message_id is None:
                job, message = await self._place(job, draft)
            else:
                message = await self._edit(job, draft, reopens=True)
            self._editor.shown(job, draft.view)
        item = next(iter(media(message)), None)
        if item is None:
            raise CardDelayedError(f"{job.id}: the card came back without its picture")
        picture_id = None if item.attachment_id is None else str(item.attachment_id)
        memory = self._surface.memory(job)
        await self._surface.remember(job, replace(memory, picture_id=picture_id, quota=quota))
        self._crosses.offer(job)
        return item.url

    async def _place(self, job: Job, draft: Draft) -> tuple[Job, discord.Message]:
        """Post the card of a private job, and tell whoever waits for it where it is."""
        try:
            job, message = await self._surface.place(job, draft)
        except CardGoneError as error:
            closed = DmClosedError(str(error))
            self.placing.tell(job, closed)
            raise closed from error
        self.placing.tell(job, url_of(job, Place(message.channel.id, message.id)))
        return job, message

    def update(self, job: Job, outlook: Outlook) -> None:
        """Have the card show a live job's progress soon."""
        if self._clock.now() - job.created_at > NO_NUMBERS_AFTER:
            place = outlook.place and replace(outlook.place, number=None)
            outlook = Outlook(place=place)
        promise = self._forecasts.promise(job, outlook)
        self._editor.submit(job, partial(card.progress, promise=promise))

    async def close(self, job: Job) -> None:
        """Draw the end of a job that has no video to hand over."""
        self.placing.tell(job, None)
        has_picture = self._surface.memory(job).picture_id is not None
        await self._arrive(
            job,
            in_card=Draft(partial(card.ended, with_picture=has_picture)),
            anew=Draft(partial(card.ended, with_picture=False), mark=job.id),
        )

    def upload_limit(self, job: Job) -> int:
        """Return how many bytes the job's message may carry now."""
        return self._limits.of(job)

    async def deliver(self, job: Job, video: Path | None, picture: Path) -> Delivery:
        """Hand over the video in the card, or by a new message where the card is gone."""
        link = Draft(card.linked, mark=job.id)
        reached = False
        if video is not None:
            try:
                reached = await self._arrive(
                    job,
                    in_card=self._with_video(job, video, picture),
                    anew=self._with_video(job, video, None),
                )
            except CardTooLargeError:
                await self._limits.correct(job)
                raise
        if not reached:
            reached = await self._arrive(job, in_card=link, anew=link)
        return Delivery.DELIVERED if reached else Delivery.NOWHERE

    async def remove(self, job: Job) -> bool:
        """Take the card of a job that has ended away; tell whether nothing of it stands now."""
        async with self._editor.alone(job):
            nothing_stands = await self._surface.delete(job)
        self.forget(job.id)
        return nothing_stands

    def forget(self, job_id: JobId) -> None:
        """Drop what is held in memory of a job: the engine has let it go."""
        self._forecasts.forget(job_id)
        self._editor.forget(job_id)
        self._surface.forget(job_id)

    async def lose_card(self, job: Job, code: int = codes.UNKNOWN_MESSAGE) -> None:
        """Take note that the job's card is gone, so that no edit is spent on it."""
        await self._surface.lose_card(job, code)

    def stands(self, job: Job) -> bool:
        """Tell whether the job's card can still be reached by the bot's token."""
        return self._surface.stands(job)

    async def _arrive(self, job: Job, *, in_card: Draft, anew: Draft) -> bool:
        """Draw a job's end in its card, else post it anew; tell whether it arrived.

        What was posted before, or may have been, is looked for first: it is the job's message from
        then on, and no other shows its end.
        """
        async with self._editor.alone(job):
            try:
                place = (
                    await self._redraw_end(job, anew)
                    or await self._draw_end(job, in_card)
                    or await self._post_end(job, anew)
                )
            except CardGoneError as error:
                log.info("nowhere left to show", job=job.id, error=str(error))
                return False
            await self._call(job, place)
            if place != card_of(job):
                await self._point_to(job, place)
        await self._crosses.withdraw(job)
        return True

    async def _redraw_end(self, job: Job, draft: Draft) -> Place | None:
        """Have what was posted before show the job's end; return where, or None where it is gone.

        Raises `CardGoneError` where it stands and cannot be changed: a second message would
        contradict it.
        """
        posted = await self._posted(job, draft)
        if posted is None or self._surface.memory(job).posted_for == _purpose(job):
            return posted
        try:
            message = await self._edit(job, draft, REDRAWS, reopens=True)
        except CardGoneError:
            if self._surface.memory(job).posted is None:
                return None
            raise
        return await self._note_posted(job, message, _purpose(job))

    async def _posted(self, job: Job, draft: Draft) -> Place | None:
        """Return where an earlier attempt has posted a message in the card's place."""
        posted = self._surface.memory(job).posted
        if posted is not None:
            return posted
        found = await self._surface.find(job, draft)
        if found is None:
            return None
        _, message = found
        purpose = END if shows(message, card.end_mark(job)) else None
        return await self._note_posted(job, message, purpose)

    async def _draw_end(self, job: Job, draft: Draft) -> Place | None:
        try:
            await self._edit(job, draft)
        except (CardGoneError, CardRationedError):
            return None
        return card_of(job)

    async def _post_end(self, job: Job, draft: Draft) -> Place:
        _, message = await self._without_blocked_words(
            job, lambda shown: self._surface.post(shown, draft, _purpose(job))
        )
        return await self._note_posted(job, message, _purpose(job))

    async def _note_posted(self, job: Job, message: discord.Message, purpose: str | None) -> Place:
        place = Place(message.channel.id, message.id)
        memory = self._surface.memory(job)
        await self._surface.remember(job, replace(memory, posted=place, posted_for=purpose))
        return place

    async def _point_to(self, job: Job, place: Place) -> None:
        """Have a card that still stands say where the job's end was posted.

        Until it does, it offers to cancel what is done, so it is worth a few minutes.
        """
        url = None if is_elsewhere(job, place) else url_of(job, place)
        try:
            await self._edit(job, Draft(partial(card.moved, place=url)))
        except (CardDelayedError, CardGoneError) as error:
            held_until = self._clock.now() + (error.retry_after or timedelta(0))
            if error.retryable and held_until - job.state_at < POINTING_PATIENCE:
                raise
            log.info("card not brought up to date", job=job.id, error=str(error))

    async def _call(self, job: Job, place: Place) -> None:
        """Mention the requester once, where they asked for it; a courtesy, so errors pass.

        What is unclear may yet come about, and is told then.
        """
        if not tell_me.is_asked(job) or job.state is JobState.UNKNOWN or is_elsewhere(job, place):
            return
        url = url_of(job, place)
        draft = Draft(partial(card.called, url=url), mark=url, calls=True)
        try:
            await self._surface.post(job, draft, TELL, (Way.CHANNEL,))
        except (CardDelayedError, CardGoneError, BlockedError) as error:
            log.info("requester not told", job=job.id, error=str(error))

    async def _edit(
        self, job: Job, draft: Draft, ways: Sequence[Way] = EDITS, *, reopens: bool = False
    ) -> discord.Message:
        return await self._without_blocked_words(
            job, lambda shown: self._surface.edit(shown, draft, ways, reopens=reopens)
        )

    async def _without_blocked_words(
        self, job: Job, send: Callable[[Job], Awaitable[_Sent]]
    ) -> _Sent:
        """Send; where AutoMod objects, once more without the member's words."""
        try:
            return await send(job)
        except BlockedError:
            log.info("AutoMod objects to the prompt", job=job.id)
        try:
            return await send(card.without_prompt(job))
        except BlockedError as error:
            raise CardGoneError(f"{job.id}: AutoMod blocks the card") from error

    async def _draw_progress(self, job: Job, drawing: Drawing) -> None:
        await self._edit(job, Draft(drawing))

    def _with_video(self, job: Job, video: Path, picture: Path | None) -> Draft:
        """Return the finished card; ``picture`` None leaves the picture out."""
        name = video_name(job)
        files = (Upload(video, name),)
        if picture is not None:
            kept = self._surface.memory(job).picture_id
            files = (Upload(picture, picture_name(job), kept), *files)
        with_picture = picture is not None
        view = partial(card.finished, video=f"attachment://{name}", with_picture=with_picture)
        return Draft(view, files, mark=job.id)


def _purpose(job: Job) -> str:
    """Return what a new message about the job's end is for: what it has to show."""
    if job.state is not JobState.UNKNOWN:
        return END
    return UNCLEAR if job.reason is None else RELEASED

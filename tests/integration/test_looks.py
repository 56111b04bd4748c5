"""What looks at a job come to: an error of a look, a downtime or a set clock is not its end."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.children.errors import ChildTimeoutError
from hailuo.errors import HailuoError
from hailuo.jobs.job import Job, JobState, WorkerId
from hailuo.jobs.lookout import Lookout
from hailuo.jobs.pacing import Pacing
from hailuo.jobs.patience import ERROR_PATIENCE, GONE_PATIENCE
from hailuo.jobs.presenter import CardDelayedError, Delivery
from hailuo.jobs.stages import END_PATIENCE, LINK_LIFE
from hailuo.runcomfy.errors import (
    AuthenticationError,
    ConnectionLostError,
    InvalidInputError,
    RateLimitedError,
    RequestNotFoundError,
    ResultNotReadyError,
    RunComfyError,
    ServerFaultError,
)
from hailuo.runcomfy.models import (
    Cancelled,
    CancelUnconfirmed,
    Completed,
    InProgress,
    InQueue,
    NotCancellable,
    NotReady,
    Output,
    UnknownStatus,
)
from hailuo.store import Store
from tests.chaos.points import Points
from tests.chaos.world import Fate, World
from tests.clocks import ManualClock
from tests.jobs import LIMITS, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime
    from pathlib import Path

    from hailuo.jobs.stages import JobStages
    from hailuo.runcomfy.models import RequestId
    from hailuo.videos.video import VideoInfo

ME = WorkerId("worker-1")
HOUR = timedelta(hours=1)
GONE = RequestNotFoundError(error_code=404001)


class WallClock(ManualClock):
    """A clock whose time of day may be set, as a computer's is."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the time of day."""
        return super().now() + self.ahead


class Api:
    """Answers each kind of look with what it was told to, until told otherwise."""

    status_says: object = InQueue()
    result_says: object = None
    cancel_says: object = None

    async def status(self, _request_id: RequestId) -> object:
        return _said(self.status_says)

    async def result(self, _request_id: RequestId) -> object:
        return _said(self.result_says)

    async def cancel(self, _request_id: RequestId) -> object:
        return _said(self.cancel_says)


def _said(word: object) -> object:
    if isinstance(word, Exception):
        raise word
    return word


class Looks:
    """One job at the API, and a process that looks at it."""

    def __init__(self, store: Store, world: World, clock: WallClock) -> None:
        self.store = store
        self.clock = clock
        self.api = Api()
        world.clock = clock  # pyright: ignore[reportAttributeAccessIssue]  # a clock as good
        world.api = self.api  # pyright: ignore[reportAttributeAccessIssue]  # what looks use of it
        self._world = world
        self.restart()
        self.job: Job

    def restart(self) -> None:
        """Have another process look from now on, which knows only what is stored."""
        self.stages: JobStages = self._world.stages(self.store)

    async def begin(self) -> None:
        """Have the API take the job."""
        job = await self.store.accept(request_by(), PICTURE, LIMITS, ME)
        job = await self.store.move(job, JobState.SUBMITTING)
        self.job = await self.store.move(job, JobState.IN_QUEUE, request_id="r-1")

    async def wish_for_end(self) -> None:
        """Ask for the job's end, as its member may."""
        job = await self.store.ask_cancel(self.job.id, self.job.request.user_id)
        assert job is not None
        self.job = job

    async def look(self) -> timedelta | None:
        """Look once; return when to look again, None where the look failed."""
        again = None
        with suppress(HailuoError):
            again = await self.stages.advance(self.job)
        found = await self.store.job(self.job.id)
        assert found is not None
        self.job = found
        return again

    async def look_for(self, time: timedelta, every: timedelta = timedelta(minutes=2)) -> None:
        """Look again and again for a time, unless the job ends."""
        until = self.clock.monotonic() + time.total_seconds()
        while self.job.live and self.clock.monotonic() < until:
            await self.look()
            await self.clock.advance(every)


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
async def looks(tmp_path: Path, clock: WallClock) -> AsyncGenerator[Looks]:
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", clock) as store:
        template = tmp_path / "template"
        template.touch()
        world = World(tmp_path / "world", template, Fate.SMOOTH, Points())
        looks = Looks(store, world, clock)
        await looks.begin()
        yield looks


@pytest.mark.parametrize("error", [ConnectionLostError(), ServerFaultError(), GONE])
@pytest.mark.parametrize("is_set", [False, True], ids=["downtime", "clock set"])
async def test_one_bad_look_after_hours_without_any_ends_nothing(
    looks: Looks, clock: WallClock, error: RunComfyError, *, is_set: bool
) -> None:
    await looks.look()
    if is_set:
        clock.ahead = 3 * HOUR
    else:
        await clock.advance(3 * HOUR)
        looks.restart()
    looks.api.status_says = error
    await looks.look()
    assert looks.job.state is JobState.IN_QUEUE
    looks.api.status_says = InQueue()
    await looks.look()
    assert looks.job.state is JobState.IN_QUEUE


@pytest.mark.parametrize(
    ("state", "limit"), [(JobState.IN_QUEUE, 2 * HOUR), (JobState.IN_PROGRESS, HOUR)]
)
@pytest.mark.parametrize("not_ready", [None, NotReady(Completed()), ResultNotReadyError()])
async def test_a_job_that_looks_find_where_it_was_for_hours_has_stalled(
    looks: Looks, state: JobState, limit: timedelta, not_ready: object
) -> None:
    """Also where the API says that it is done, and never gives its result."""
    looks.api.status_says = InProgress() if state is JobState.IN_PROGRESS else InQueue()
    await looks.look()
    if not_ready is not None:
        looks.api.status_says, looks.api.result_says = Completed(), not_ready
    await looks.look_for(limit - timedelta(minutes=4))
    assert looks.job.state is state
    await looks.look_for(timedelta(minutes=10))
    assert looks.job.state is JobState.FAILED
    assert looks.job.reason is not None
    assert "stood still" in looks.job.reason.english


@pytest.mark.parametrize("status", [Completed(), GONE, InvalidInputError("no faces")])
async def test_that_a_job_is_no_more_is_believed_when_it_is_said_for_long(
    looks: Looks, status: object
) -> None:
    """Whether a look or the result says so; RunComfy's own reason is told."""
    looks.api.status_says = status
    looks.api.result_says = InvalidInputError("no faces")
    await looks.look_for(GONE_PATIENCE)
    assert looks.job.state is JobState.IN_QUEUE
    await looks.look_for(timedelta(minutes=5))
    assert looks.job.state is JobState.FAILED
    assert looks.job.reason is not None
    assert status is GONE or "no faces" in str(looks.job.reason.facts)


async def test_an_answer_in_between_renews_the_patience(looks: Looks) -> None:
    for _ in range(3):
        looks.api.status_says = GONE
        await looks.look_for(GONE_PATIENCE - timedelta(minutes=2))
        looks.api.status_says = UnknownStatus("dancing")
        await looks.look()
    assert looks.job.state is JobState.IN_QUEUE


@pytest.mark.parametrize("error", [ServerFaultError(), AuthenticationError()])
async def test_an_api_that_tells_nothing_for_a_day_is_given_up(
    looks: Looks, error: RunComfyError
) -> None:
    """The bot's own account is no word on the job: an operator has a day to mend it."""
    looks.api.status_says = error
    await looks.look_for(ERROR_PATIENCE, every=HOUR)
    assert looks.job.state is JobState.IN_QUEUE
    await looks.look_for(2 * HOUR, every=HOUR)
    assert looks.job.state is JobState.FAILED


async def test_a_silence_of_hours_is_no_standing_still(looks: Looks) -> None:
    looks.api.status_says = InProgress()
    await looks.look()
    for _ in range(2):
        looks.api.status_says = ConnectionLostError()
        await looks.look_for(timedelta(minutes=65))
        looks.api.status_says = InProgress()
        await looks.look()
    assert looks.job.state is JobState.IN_PROGRESS
    await looks.look_for(HOUR + timedelta(minutes=4))
    assert looks.job.state is JobState.FAILED


async def test_that_a_job_is_no_more_is_not_believed_at_once_after_an_outage(looks: Looks) -> None:
    looks.api.status_says = ServerFaultError()
    await looks.look_for(timedelta(minutes=20))
    looks.api.status_says = GONE
    await looks.look()
    assert looks.job.state is JobState.IN_QUEUE


async def test_nor_is_a_rendered_videos_end(looks: Looks) -> None:
    looks.job = await looks.store.move(looks.job, JobState.FETCHING)
    looks.api.result_says = ServerFaultError()
    await looks.look_for(timedelta(minutes=20))
    looks.api.result_says = GONE
    await looks.look()
    assert looks.job.state is JobState.FETCHING
    await looks.look_for(GONE_PATIENCE + timedelta(minutes=4))
    assert looks.job.state is JobState.FAILED


async def test_a_video_that_cannot_be_looked_into_for_a_day_is_given_up(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_source: Path) -> VideoInfo:
        raise ChildTimeoutError

    monkeypatch.setattr(looks._world.files, "probe", broken)
    looks.job = await looks.store.move(looks.job, JobState.FETCHING)
    looks.api.result_says = Output(("https://files.runcomfy.net/r-1.mp4",))
    await looks.look_for(ERROR_PATIENCE, every=HOUR)
    assert looks.job.state is JobState.FETCHING
    await looks.look_for(2 * HOUR, every=HOUR)
    assert looks.job.state is JobState.FAILED


@pytest.mark.parametrize("error", [GONE, InvalidInputError("no faces"), ServerFaultError()])
async def test_a_cancel_that_came_too_late_keeps_no_job_from_its_end(
    looks: Looks, error: RunComfyError
) -> None:
    await looks.wish_for_end()
    looks.api.cancel_says, looks.api.result_says = NotCancellable(Completed()), error
    await looks.look_for(ERROR_PATIENCE + 2 * HOUR, every=timedelta(minutes=20))
    assert looks.job.state is JobState.FAILED


async def test_a_cancel_that_was_taken_is_no_word_on_the_job(looks: Looks) -> None:
    await looks.wish_for_end()
    looks.api.cancel_says, looks.api.status_says = CancelUnconfirmed(), ServerFaultError()
    await looks.look_for(3 * HOUR, every=timedelta(minutes=20))
    assert looks.job.state is JobState.IN_QUEUE
    looks.api.status_says = Cancelled()
    await looks.look()
    assert looks.job.state is JobState.CANCELLED


async def test_an_early_look_comes_no_sooner_than_the_api_says(looks: Looks) -> None:
    looks.api.status_says = Completed()
    looks.api.result_says = ResultNotReadyError(retry_after=timedelta(seconds=60))
    assert await looks.look() == timedelta(seconds=60)


async def test_a_cancel_that_has_to_wait_is_no_look_either(looks: Looks) -> None:
    await looks.wish_for_end()
    looks.api.cancel_says = RateLimitedError(retry_after=timedelta(seconds=60))
    looks.api.status_says = InProgress()
    with pytest.raises(RateLimitedError):
        await looks.stages.advance(looks.job)
    looks.api.cancel_says = ServerFaultError()
    await looks.look()
    assert looks.job.state is JobState.IN_PROGRESS


async def test_a_restart_learns_what_looks_have_told_and_no_more(
    looks: Looks, clock: WallClock
) -> None:
    """A job that was found done after a downtime was not found to be that long."""
    await clock.advance(timedelta(seconds=30))
    await looks.look()
    await clock.advance(timedelta(seconds=5))
    looks.api.status_says = InProgress()
    await looks.look()
    await clock.advance(8 * HOUR)
    looks.restart()
    looks.job = await looks.store.move(
        looks.job, JobState.FETCHING, last_look=looks.stages._lookout.last_look(looks.job)
    )
    pacing = Pacing()
    Lookout(pacing, clock).learn(looks.job)
    (left, done), *_ = pacing._durations._jobs
    assert 30 <= left <= 35
    assert 35 <= done <= 8 * 3600 + 35
    assert looks.job.last_undone_at == looks.job.rendering_at


async def test_a_card_that_cannot_be_drawn_for_a_day_begins_nothing(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would stay on the bill of each day to come, as a job that may yet be sent."""

    async def delayed(_job: Job, _picture: Path) -> str:
        raise CardDelayedError

    monkeypatch.setattr(looks._world.discord, "open", delayed)
    looks.job = await looks.store.accept(request_by(user=2), PICTURE, LIMITS, ME)
    looks._world.folders.picture(PICTURE.name).touch()
    await looks.look_for(ERROR_PATIENCE, every=HOUR)
    assert looks.job.state is JobState.ACCEPTED
    await looks.look_for(2 * HOUR, every=HOUR)
    assert looks.job.state is JobState.FAILED
    usage = await looks.store.usage(looks.job.request.user_id, None, LIMITS)
    assert (usage.used, usage.billed) == (0, 0)


async def test_a_video_that_no_place_takes_for_a_day_is_kept(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delayed(_job: Job, _video: Path | None, _picture: Path) -> Delivery:
        raise CardDelayedError

    monkeypatch.setattr(looks._world.discord, "deliver", delayed)
    looks.api.result_says = Output(("https://files.runcomfy.net/r-1.mp4",))
    looks.job = await looks.store.move(looks.job, JobState.FETCHING)
    await looks.look_for(END_PATIENCE, every=HOUR)
    assert looks.job.state is JobState.DELIVERING
    await looks.look_for(3 * HOUR, every=HOUR)
    assert looks.job.state is JobState.KEPT
    usage = await looks.store.usage(looks.job.request.user_id, None, LIMITS)
    assert usage.live_of_user == 0


@pytest.mark.parametrize("slept", [LINK_LIFE + HOUR, -HOUR], ids=["slept", "set back"])
async def test_a_pictures_link_grows_old_while_the_machine_sleeps(
    looks: Looks, clock: WallClock, monkeypatch: pytest.MonkeyPatch, slept: timedelta
) -> None:
    """Nothing but the time of day tells of a sleep; by a clock that was set no age is known."""
    world, opened = looks._world, 0
    draw = world.discord.open

    async def counted(job: Job, picture: Path) -> str:
        nonlocal opened
        opened += 1
        return await draw(job, picture)

    monkeypatch.setattr(world.discord, "open", counted)
    job = await looks.store.accept(request_by(), PICTURE, LIMITS, ME)
    picture = world.folders.picture(PICTURE.name)
    picture.touch()
    for _ in range(2):
        await looks.stages._link(job, picture)
    assert opened == 1
    clock.ahead = slept
    await looks.stages._link(job, picture)
    assert opened == 2

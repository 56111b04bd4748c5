"""From a request to a job at work: who is refused, and that no job is left without a look."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hailuo.engine import Engine, Parts
from hailuo.fetch import FetchedFile
from hailuo.folders import Folders
from hailuo.images.formats import PictureFormat
from hailuo.images.picture import Original, Size
from hailuo.images.picture import Picture as Cleaned
from hailuo.jobs import intake
from hailuo.jobs.intake import StoppingError
from hailuo.jobs.job import UserId, job_id_of
from hailuo.jobs.sequels import NoSuchVideoError, PictureNotSharedError
from hailuo.jobs.sources import Kept, Linked
from hailuo.quotas import TooManyLiveError
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.store.errors import StoreError
from tests.chaos.points import JumpingClock, Points
from tests.chaos.world import Api, Discord, Fate
from tests.clocks import ManualClock
from tests.integration.store.test_erasure import delivered
from tests.jobs import PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from hailuo.jobs.job import Job, JobId, Request

LINK = Linked("https://cdn.discordapp.com/picture.png")


class Doctor:
    """A fetcher and a picture doctor in one, that have every picture in work until told."""

    def __init__(self) -> None:
        self.done = asyncio.Event()
        self.at_work = 0

    async def fetch(self, url: str, target: Path, *, max_bytes: int) -> FetchedFile:
        """Lay down a file."""
        del max_bytes
        target.touch()
        return FetchedFile(url, 0)

    async def clean(self, source: Path, target: Path) -> Cleaned:
        """Take long, and do not hear that it is to stop."""
        self.at_work += 1
        waiting = asyncio.create_task(self.done.wait())
        with suppress(asyncio.CancelledError):
            await asyncio.shield(waiting)
        await waiting
        source.rename(target)
        size = Size(640, 480)
        original = Original(size, PictureFormat.PNG, 1, animated=False, transparent=False)
        return Cleaned(target, size, PictureFormat.PNG, 1, original)


class House:
    """An engine whose foreign sides are stand-ins, over a real store."""

    def __init__(self, store: Store, folders: Folders) -> None:
        given: Any = {"discord_token": "d", "runcomfy_token": "r", "_env_file": None}
        clock, points = JumpingClock(), Points()
        self.store = store
        self.folders = folders
        self.doctor = Doctor()
        self.discord = Discord(Fate.SMOOTH, points)
        parts: Any = {
            "api": Api(Fate.SMOOTH, clock, points),
            "pictures": self.doctor,
            "results": None,
            "doctor": self.doctor,
            "videos": None,
        }
        self.engine = Engine(
            Settings(**given), Parts(store=store, folders=folders, clock=clock, **parts)
        )
        self.kept = Kept(folders.picture("kept.png"), PICTURE)
        self.kept.path.touch()

    async def is_drawn(self, request: Request) -> None:
        """Wait until a request's card is drawn."""
        await until(lambda: request.prompt in self.discord.cards)

    def asks(self, user: int) -> asyncio.Task[Any]:
        """Have a member ask for a video of a linked picture."""
        return asyncio.create_task(self.engine.animate(named(request_by(user)), LINK))


def named(request: Request) -> Request:
    return replace(request, prompt=f"job {request.interaction_id}")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    folders = Folders(tmp_path)
    folders.create()
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", ManualClock()) as store:
        yield House(store, folders)


@pytest.fixture
async def running(house: House) -> AsyncGenerator[House]:
    task = asyncio.create_task(house.engine.run(house.discord, house.discord.alarm))
    yield house
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_job_accepted_while_the_engine_begins_is_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = asyncio.Event()

    async def slow(limit: int) -> list[Any]:
        del limit
        await learned.wait()
        return []

    monkeypatch.setattr(house.store, "finished", slow)
    begins = asyncio.create_task(house.engine.run(house.discord, house.discord.alarm))
    await asyncio.sleep(0)
    request = named(request_by())
    await house.engine.animate(request, house.kept)
    learned.set()
    await house.is_drawn(request)
    begins.cancel()
    await asyncio.gather(begins, return_exceptions=True)


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_job_whose_commit_went_unanswered_begins_all_the_same(
    running: House, monkeypatch: pytest.MonkeyPatch, *, comes_back: bool
) -> None:
    """Its member hears of a failure only where the store cannot be asked what became of it."""
    accept, read = running.store.accept, running.store.job
    unanswered = 0

    async def cut(*asked: Any) -> None:
        nonlocal unanswered
        await accept(*asked)
        unanswered = 0 if comes_back else 1
        raise StoreError("connection was closed in the middle of operation")

    async def read_unless_cut(job_id: JobId) -> Job | None:
        nonlocal unanswered
        if unanswered:
            unanswered -= 1
            raise StoreError("no connection")
        return await read(job_id)

    monkeypatch.setattr(running.store, "accept", cut)
    monkeypatch.setattr(running.store, "job", read_unless_cut)
    request = named(request_by())
    with nullcontext() if comes_back else pytest.raises(StoreError):
        await running.engine.animate(request, running.kept)
    await running.is_drawn(request)


async def test_a_members_pictures_in_work_count_as_running(running: House) -> None:
    """Whoever is over their limit hears so at once, and keeps nobody waiting."""
    mine = [running.asks(1) for _ in range(5)]
    await until(lambda: sum(task.done() for task in mine) == 3)
    refused = [task for task in mine if task.done()]
    for task in refused:
        with pytest.raises(TooManyLiveError):
            task.result()
    others = running.asks(2)
    await until(lambda: running.doctor.at_work == 3)
    running.doctor.done.set()
    await asyncio.gather(others, *(task for task in mine if task not in refused))


@pytest.mark.parametrize("end", ["deleted", "forgotten", "shared no more"])
async def test_nothing_begins_of_a_video_whose_member_takes_it_back_meanwhile(
    house: House, end: str
) -> None:
    """Asked before its picture is brought, and again once it is here."""
    parent = await delivered(house.store, user=1)
    request = replace(named(request_by(2)), parent_id=parent.id, picture_of=UserId(1))
    begun = asyncio.create_task(house.engine.animate(request, LINK))
    await until(lambda: house.doctor.at_work == 1)
    match end:
        case "deleted":
            await house.store.mark_deleted(parent)
        case "forgotten":
            await house.engine.privacy.forget(UserId(1))
        case _:
            await house.store.set_shares_pictures(UserId(1), shares=False)
    house.doctor.done.set()
    refused = PictureNotSharedError if end == "shared no more" else NoSuchVideoError
    for attempt in (begun, house.engine.animate(request, house.kept)):
        with pytest.raises(refused):
            await attempt
    assert await house.store.job(job_id_of(request.interaction_id)) is None
    assert [path.name for path in house.folders.pictures.iterdir()] == ["kept.png"]


async def test_who_waits_for_a_turn_hears_at_once_that_the_bot_ends(running: House) -> None:
    first = [running.asks(user) for user in range(1, 1 + intake.AT_ONCE)]
    await until(lambda: running.doctor.at_work == intake.AT_ONCE)
    waits = running.asks(9)
    await until(lambda: len(running.engine._intake._breakable) > intake.AT_ONCE)
    running.engine.stop_taking()
    with pytest.raises(StoppingError):
        await asyncio.wait_for(waits, 10)
    running.doctor.done.set()
    await asyncio.gather(*first)

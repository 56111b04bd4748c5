"""What time takes away, and what it leaves alone."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.folders import Folders
from hailuo.jobs.job import JobState
from hailuo.jobs.worker import Worker
from hailuo.store import Store
from hailuo.sweeps import BETWEEN_SWEEPS, Sweeper, Terms
from tests.clocks import ManualClock, settle
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from hailuo.jobs.job import Job

TERMS = Terms(videos=timedelta(0), unknown=timedelta(hours=24), quota_window=timedelta(hours=24))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.create()
    return folders


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncGenerator[Store]:
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", clock) as store:
        yield store


@pytest.fixture
def sweeper(store: Store, folders: Folders, clock: ManualClock) -> Sweeper:
    worker = Worker(ME, store, None, clock)  # pyright: ignore[reportArgumentType]  # it does not run
    return Sweeper(store, folders, clock, terms=TERMS, worker=worker)


async def test_a_video_on_its_way_is_left_alone_however_short_videos_are_kept(
    sweeper: Sweeper, store: Store, folders: Folders
) -> None:
    live = await store.accept(request_by(), PICTURE, LIMITS, ME)
    on_its_way = folders.video(f".{live.id}.mp4.0a1b2c3d.part")
    of_nobody = folders.video(".0000000000zzz.mp4.0a1b2c3d.part")
    for path in (on_its_way, of_nobody):
        path.touch()
        os.utime(path, (1, 1))
    await sweeper.sweep()
    assert on_its_way.exists()
    assert not of_nobody.exists()


async def test_pictures_go_with_the_videos_but_those_of_unclear_jobs(
    sweeper: Sweeper, store: Store, folders: Folders, clock: ManualClock
) -> None:
    """Members are told one term for both; a job that counts yet may be resolved, and go on."""
    jobs = [await store.accept(request_by(number), PICTURE, LIMITS, ME) for number in (1, 2, 3)]
    failed, unclear, released = [await store.move(job, JobState.SUBMITTING) for job in jobs]
    await store.move(failed, JobState.FAILED)
    for job in (unclear, released):
        await store.move(job, JobState.UNKNOWN)
    await store.release(released.id, ME)
    an_hour_ago = clock.now().timestamp() - 3600
    for job in jobs:
        picture = folders.picture(f"{job.id}.jpg")
        picture.touch()
        os.utime(picture, (an_hour_ago, an_hour_ago))
    await sweeper.sweep()
    assert list(folders.pictures.iterdir()) == [folders.picture(f"{unclear.id}.jpg")]


async def test_what_died_on_its_way_in_is_left_for_an_hour(
    sweeper: Sweeper, folders: Folders, clock: ManualClock
) -> None:
    """A stranger's picture as it came, and somebody's copy of what is stored of them."""
    now = clock.now().timestamp()
    raw, copy = folders.incoming / "0000000000zzz", folders.incoming / "export-1.json"
    young = folders.incoming / ".0000000000zzy.0a1b2c3d.part"
    for path, age in ((raw, 3601), (copy, 3601), (young, 3599)):
        path.touch()
        os.utime(path, (now - age, now - age))
    await sweeper.sweep()
    assert list(folders.incoming.iterdir()) == [young]


async def test_whatever_a_sweep_fails_by_there_is_a_next_one(
    sweeper: Sweeper, store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: asyncio.Queue[None] = asyncio.Queue()

    async def fail() -> list[Job]:
        swept.put_nowait(None)
        raise OverflowError("date value out of range")

    monkeypatch.setattr(store, "live_jobs", fail)
    running = asyncio.create_task(sweeper.run())
    async with asyncio.timeout(10):
        await swept.get()
        await settle()
        await clock.advance(BETWEEN_SWEEPS)
        await swept.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

"""What is deleted or forgotten goes with its files, also where an attempt broke off on the way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from hailuo.folders import Folders
from hailuo.jobs.deletion import delete
from hailuo.jobs.job import UserId
from hailuo.privacy import Privacy
from hailuo.store import Store
from tests.clocks import ManualClock
from tests.integration.store.test_erasure import delivered

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection
    from pathlib import Path

    from hailuo.jobs.job import Job, JobId
    from hailuo.jobs.presenter import Presenter

ALICE = UserId(1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", ManualClock()) as store:
        yield store


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.create()
    return folders


def lay_down(folders: Folders, job: Job) -> list[Path]:
    """Put there what is kept of a job."""
    paths = [
        folders.picture(f"{job.id}.png"),
        folders.video(f"{job.id}.mp4"),
        folders.video(f"{job.id}-9000000.mp4"),
        folders.thumbnail(job.id),
        folders.last_frame(job.id),
        folders.incoming / job.id,
        folders.videos / f".{job.id}.mp4.0a1b2c3d.part",
    ]
    for path in paths:
        path.write_bytes(b"something")
    return paths


def left(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if path.exists()]


class OneCard:
    """A presenter with one card."""

    def __init__(self, *, stays: bool = False) -> None:
        self._stays = stays

    async def remove(self, job: Job) -> bool:
        """Tell whether it is gone; it takes its time."""
        await asyncio.sleep(0)
        del job
        return not self._stays


def presenter(*, stays: bool = False) -> Presenter:
    return OneCard(stays=stays)  # pyright: ignore[reportReturnType]  # all that is asked of it


async def test_a_deletion_that_breaks_off_leaves_no_file_that_nothing_leads_to(
    store: Store, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, other = await delivered(store), await delivered(store)
    files, others = lay_down(folders, job), lay_down(folders, other)
    parts: dict[str, Any] = {"store": store, "folders": folders, "presenter": presenter()}

    def broken(job_ids: Collection[JobId]) -> None:
        raise OSError(f"cannot remove {job_ids}")

    with monkeypatch.context() as broken_off:
        broken_off.setattr(folders, "remove_jobs", broken)
        with pytest.raises(OSError, match="cannot remove"):
            await delete(job.id, ALICE, **parts)
    await delete(job.id, ALICE, **parts)
    found = await store.job(job.id)
    assert found is not None
    assert found.deleted_at is not None
    assert left(files) == []
    assert len(left(others)) == len(others)


@pytest.mark.parametrize("stays", [False, True])
async def test_whoever_deletes_is_told_whether_the_card_stands_however_often_they_press(
    store: Store, folders: Folders, *, stays: bool
) -> None:
    job = await delivered(store)
    parts: dict[str, Any] = {
        "store": store,
        "folders": folders,
        "presenter": presenter(stays=stays),
    }
    presses = await asyncio.gather(*(delete(job.id, ALICE, **parts) for _ in range(2)))
    assert presses == [not stays] * 2
    found = await store.job(job.id)
    assert found is not None
    assert found.deleted_at is not None


async def test_forgetting_that_broke_off_is_finished_by_the_next_try(
    store: Store, folders: Folders
) -> None:
    job, bobs = await delivered(store), await delivered(store, user=2)
    files, others = lay_down(folders, job), lay_down(folders, bobs)
    await store.records.forget(ALICE)  # and the process dies here
    await Privacy(store, folders).forget(ALICE)
    assert left(files) == []
    assert len(left(others)) == len(others)

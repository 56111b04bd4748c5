"""What is deleted or forgotten goes with its files, also where an attempt broke off on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    ]
    for path in paths:
        path.write_bytes(b"something")
    return paths


def left(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if path.exists()]


class NoCard:
    """A presenter whose card is gone already."""

    async def remove(self, job: Job) -> bool:
        """Have nothing to remove."""
        del job
        return True


async def test_a_deletion_that_breaks_off_leaves_no_file_that_nothing_leads_to(
    store: Store, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, other = await delivered(store), await delivered(store)
    files, others = lay_down(folders, job), lay_down(folders, other)
    presenter: Presenter = NoCard()  # pyright: ignore[reportAssignmentType]  # all that is asked of it

    def broken(job_ids: Collection[JobId]) -> None:
        raise OSError(f"cannot remove {job_ids}")

    with monkeypatch.context() as broken_off:
        broken_off.setattr(folders, "remove_jobs", broken)
        with pytest.raises(OSError, match="cannot remove"):
            await delete(job.id, ALICE, store=store, folders=folders, presenter=presenter)
    await delete(job.id, ALICE, store=store, folders=folders, presenter=presenter)
    found = await store.job(job.id)
    assert found is not None
    assert found.deleted_at is None or left(files) == []
    await delete(job.id, ALICE, store=store, folders=folders, presenter=presenter)
    found = await store.job(job.id)
    assert found is not None
    assert found.deleted_at is not None
    assert left(files) == []
    assert len(left(others)) == len(others)


async def test_forgetting_that_broke_off_is_finished_by_the_next_try(
    store: Store, folders: Folders
) -> None:
    job, bobs = await delivered(store), await delivered(store, user=2)
    files, others = lay_down(folders, job), lay_down(folders, bobs)
    await store.records.forget(ALICE)  # and the process dies here
    await Privacy(store, folders).forget(ALICE)
    assert left(files) == []
    assert len(left(others)) == len(others)

"""A store in trouble: it says so in one sentence, keeps what it had, and recovers by itself."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState
from hailuo.quotas import Limits
from hailuo.store import Store, database
from hailuo.store.errors import StoreError, StoreUnreachableError, StoreUnusableError
from tests.clocks import ManualClock
from tests.jobs import ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import Generator

    from hailuo.jobs.job import Job
    from tests.postgres import PostgresServer

NOTHING_STARTED = "it started nothing. Nothing was counted"
NOBODY = 65534
MANY = Limits(
    per_user=999, window=timedelta(days=1), live_per_user=999, live_per_server=999, per_day=None
)


async def accepted(store: Store) -> Job:
    return await store.accept(request_by(), PICTURE, MANY, ME)


@contextmanager
def no_room(folder: Path) -> Generator[None]:
    """Let no file grow any further than the largest one in the folder, as on a full disk."""
    largest = max(path.stat().st_size for path in folder.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_on_a_full_disk_nothing_begins_and_later_all_goes_on(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with Store.open(sqlite_url, ManualClock()) as store:
        job = await accepted(store)
        with no_room(tmp_path):
            with pytest.raises(StoreError) as caught:
                await asyncio.gather(*(accepted(store) for _ in range(40)))
            with pytest.raises(StoreError):
                await store.set_setting("x", "y" * 5_000_000)
            assert await store.job(job.id) == job
        assert NOTHING_STARTED in caught.value.user_message
        assert (await store.move(job, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_a_locked_database_refuses_writes_answers_reads_and_recovers(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0)
    async with Store.open(sqlite_url, ManualClock()) as store:
        job = await accepted(store)
        with closing(sqlite3.connect(tmp_path / "hailuo.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked") as caught:
                await store.move(job, JobState.SUBMITTING)
            assert await store.job(job.id) == job
            other.execute("ROLLBACK")
        assert caught.value.retryable
        assert NOTHING_STARTED in caught.value.user_message
        await store.move(job, JobState.SUBMITTING)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes another user's place to be refused a write")
async def test_a_file_that_may_not_be_written_is_named_at_the_start() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/hailuo.db"
        async with Store.open(url, ManualClock()):
            pass
        Path(folder).chmod(0o755)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(StoreUnusableError) as caught:
                async with Store.open(url, ManualClock()):
                    pass
        finally:
            os.seteuid(0)
    assert "permissions" in caught.value.user_message


@pytest.mark.parametrize("seed", range(20))
async def test_a_damaged_file_is_refused_and_left_as_it_is(seed: int, tmp_path: Path) -> None:
    """A page of it overwritten, its end cut off, or its head gone."""
    rng = random.Random(seed)
    whole, damaged = tmp_path / "whole.db", tmp_path / "damaged.db"
    async with Store.open(f"sqlite+aiosqlite:///{whole}", ManualClock()) as store:
        for _ in range(5):
            await accepted(store)
    content = bytearray(whole.read_bytes())
    match seed % 3:
        case 0:
            page = rng.randrange(1, len(content) // 4096) * 4096
            content[page : page + 4096] = rng.randbytes(4096)
        case 1:
            del content[rng.randrange(5000, len(content) - 4096) :]
        case _:
            content[:100] = rng.randbytes(100)
    damaged.write_bytes(content)
    with pytest.raises(StoreUnusableError) as caught:
        async with Store.open(f"sqlite+aiosqlite:///{damaged}", ManualClock()):
            pass
    assert str(damaged) in caught.value.user_message
    assert damaged.read_bytes() == content
    shutil.copy(whole, damaged)
    async with Store.open(f"sqlite+aiosqlite:///{damaged}", ManualClock()):
        pass


async def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://nobody:secret@/none?host={tmp_path}"
    with pytest.raises(StoreUnreachableError) as caught:
        async with Store.open(url, ManualClock()):
            pass
    assert "secret" not in caught.value.user_message


async def test_a_database_that_does_not_exist_is_named(postgres: PostgresServer) -> None:
    with pytest.raises(StoreUnusableError) as caught:
        async with Store.open(postgres.url("nowhere"), ManualClock()):
            pass
    assert "does not exist" in caught.value.user_message

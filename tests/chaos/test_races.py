"""Many at once on one quota, and awaits cancelled at any moment."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from hailuo.clock import SystemClock
from hailuo.jobs.job import JobState, WorkerId
from hailuo.quotas import Limits, QuotaError
from hailuo.store import Store
from hailuo.store.errors import StoreError
from tests.acceptance.playground import ROOT
from tests.chaos.counts import count
from tests.chaos.ledgers import HELD, read_ours
from tests.jobs import PICTURE, request_by
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

RACERS = count("RACERS", 4)
TRIES = count("TRIES", 15)
CANCELS = count("CANCELS", 60)
LIMIT = RACERS * TRIES * 2 // 3
ME = WorkerId("worker-1")
MANY = Limits(
    per_user=10**6,
    window=timedelta(days=1),
    live_per_user=10**6,
    live_per_server=10**6,
    per_day=None,
)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def postgres_url() -> Generator[str]:
    with postgres_server() as server:
        server.relax()
        yield server.create()


async def test_processes_on_one_quota_admit_exactly_the_limit(postgres_url: str) -> None:
    async with Store.open(postgres_url, SystemClock()):
        pass  # the tables
    racers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "ignore", "-m", "tests.chaos.racer"),
            *(postgres_url, str(number), str(TRIES), str(LIMIT)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        for number in range(1, RACERS + 1)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert await racer.stdout.readline() == b"ready\n"
    ends = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    results = [[int(number) for number in out.split()] for out, _ in ends]
    admitted, refused, failed = (sum(column) for column in zip(*results, strict=True))
    assert (admitted, refused, failed) == (LIMIT, RACERS * TRIES - LIMIT, 0)
    ours = await read_ours(postgres_url)
    assert len(ours) == LIMIT
    assert all(job.member == job.operator == HELD for job in ours)


async def test_tasks_on_one_quota_admit_exactly_the_limit(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"
    limits = Limits(LIMIT, timedelta(days=1), 10**6, 10**6, None)
    failed = 0

    async def race(store: Store) -> int:
        nonlocal failed
        admitted = 0
        for _ in range(TRIES):
            try:
                await store.accept(request_by(), PICTURE, limits, ME)
                admitted += 1
            except QuotaError:
                pass
            except StoreError:
                failed += 1
        return admitted

    async with Store.open(url, SystemClock()) as store:
        admitted = sum(await asyncio.gather(*(race(store) for _ in range(RACERS))))
        assert (admitted, failed) == (LIMIT, 0)
        assert len(await read_ours(url)) == LIMIT


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_cancelled_awaits_leave_nothing_open_and_nothing_half(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"
    if engine == "postgresql":
        url = request.getfixturevalue("postgres_url")
    rng = random.Random(CANCELS)

    async def begin_and_end(store: Store) -> None:
        job = await store.accept(request_by(rng.randrange(10**9)), PICTURE, MANY, ME)
        await store.move(job, JobState.CANCELLED)

    async with Store.open(url, SystemClock()) as store:
        before = len(await read_ours(url))
        for _ in range(CANCELS):
            task = asyncio.create_task(begin_and_end(store))
            await asyncio.sleep(rng.uniform(0, 0.01))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await store._database._settle()  # on a slow machine many still wait for a connection
        await store.set_setting("after", value=True)  # the writer is free
        if engine == "postgresql":
            assert await open_transactions(url) == 0
        ours = (await read_ours(url))[before:]
    for job in ours:
        lines = 1 if job.state is JobState.ACCEPTED else 2
        assert (len(job.member), len(job.operator)) == (lines, lines)


async def open_transactions(url: str) -> int:
    """Return how many of the server's connections stand in a transaction, but for the asker."""
    engine = create_async_engine(url)
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
    )
    async with engine.connect() as connection:
        found = (await connection.execute(text(query))).scalar_one()
    await engine.dispose()
    return found

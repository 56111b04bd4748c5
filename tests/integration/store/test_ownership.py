"""Several workers on one store: who owns what, and what becomes of the jobs of the dead."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from hailuo.jobs.job import JobState, UserId, WorkerId
from hailuo.store import Store
from hailuo.store.errors import StaleMoveError
from hailuo.store.ownership import DEAD_AFTER
from tests.clocks import ManualClock
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from hailuo.jobs.job import Job

OTHER = WorkerId("worker-2")
THIRD = WorkerId("worker-3")


@asynccontextmanager
async def two_stores(url: str) -> AsyncGenerator[tuple[Store, Store]]:
    """Open the same database as two processes would."""
    async with Store.open(url, ManualClock()) as one, Store.open(url, ManualClock()) as two:
        await one.enlist(ME)
        await two.enlist(OTHER)
        yield one, two


async def accepted(store: Store, owner: WorkerId = ME) -> Job:
    return await store.accept(request_by(), PICTURE, LIMITS, owner)


async def die(store: Store, worker: WorkerId, silence: timedelta = DEAD_AFTER) -> None:
    """Let a worker's last heartbeat be a little more than ``silence`` ago."""
    await store._database.write(
        lambda connection: connection.execute(
            text("UPDATE workers SET heartbeat_at = now() - CAST(:ago AS interval) WHERE id = :id"),
            {"ago": silence + timedelta(seconds=1), "id": worker},
        ).close()
    )


async def test_jobs_of_the_living_are_left_alone(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        await accepted(one)
        assert await two.claim(OTHER) == []
        await die(one, ME, DEAD_AFTER - timedelta(seconds=5))
        assert await two.claim(OTHER) == []


async def test_jobs_of_the_dead_are_taken_over_and_their_writes_refused(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        job = await accepted(one)
        await die(one, ME)
        (taken,) = await two.claim(OTHER)
        assert (taken.id, taken.owner) == (job.id, OTHER)
        with pytest.raises(StaleMoveError):
            await one.move(job, JobState.SUBMITTING)
        assert (await two.move(taken, JobState.SUBMITTING)).state is JobState.SUBMITTING


async def test_what_the_dead_were_submitting_becomes_unknown(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        job = await one.move(await accepted(one), JobState.SUBMITTING)
        await die(one, ME)
        (taken,) = await two.claim(OTHER)
        assert (taken.id, taken.state) == (job.id, JobState.UNKNOWN)


async def test_who_missed_the_heartbeat_is_told_even_if_nobody_took_over(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, _two):
        assert await one.beat(ME)
        await die(one, ME)
        assert not await one.beat(ME)
        assert await one.claim(ME) == []


async def test_a_heartbeat_keeps_a_worker_alive(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        await accepted(one)
        await die(one, ME, DEAD_AFTER - timedelta(seconds=10))
        assert await one.beat(ME)
        await asyncio.sleep(0)
        assert await two.claim(OTHER) == []


async def test_two_who_claim_at_once_share_without_overlap(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        await one.enlist(THIRD)
        jobs = {(await accepted(one, THIRD)).id for _ in range(5)}
        await die(one, THIRD)
        first, second = await asyncio.gather(one.claim(ME), two.claim(OTHER))
        claimed = [job.id for job in (*first, *second, *await one.claim(ME))]
        assert sorted(claimed) == sorted(jobs)


async def test_a_cancel_asked_in_one_process_is_heard_in_the_owners(postgres_url: str) -> None:
    async with two_stores(postgres_url) as (one, two):
        job = await accepted(one)
        await two.ask_cancel(job.id, UserId(1))
        assert await one.asked_to_cancel(ME) == [job.id]
        assert await two.asked_to_cancel(OTHER) == []


async def test_claims_come_in_portions(store: Store) -> None:
    await store.enlist(ME)
    jobs = [(await accepted(store, THIRD)).id for _ in range(5)]
    portions = [await store.claim(ME, 2) for _ in range(4)]
    assert [[job.id for job in portion] for portion in portions] == [
        jobs[:2],
        jobs[2:4],
        jobs[4:],
        [],
    ]


async def test_one_leads_until_it_stops_or_its_time_is_over(postgres_url: str) -> None:
    async with Store.open(postgres_url, ManualClock()) as store:
        hour = timedelta(hours=1)
        assert await store.lead("sweeps", ME, hour)
        assert not await store.lead("sweeps", OTHER, hour)
        assert await store.lead("sweeps", ME, hour)
        assert await store.lead("commands", OTHER, hour)
        await store.stop_leading("sweeps", OTHER)
        assert not await store.lead("sweeps", OTHER, hour)
        await store.stop_leading("sweeps", ME)
        assert await store.lead("sweeps", OTHER, -hour)
        assert await store.lead("sweeps", ME, hour)


async def test_on_sqlite_a_restart_does_not_wait_for_the_dead_to_stop_leading(
    sqlite_url: str,
) -> None:
    async with Store.open(sqlite_url, ManualClock()) as store:
        assert await store.lead("commands", ME, timedelta(hours=1))
    async with Store.open(sqlite_url, ManualClock()) as store:
        assert await store.lead("commands", OTHER, timedelta(hours=1))

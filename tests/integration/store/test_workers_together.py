"""Workers of several processes on one PostgreSQL: heartbeats, takeover, cancels across them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from hailuo.jobs.job import JobState, UserId, WorkerId
from hailuo.jobs.worker import HEARTBEAT, LOOK_AROUND, Worker
from hailuo.store import Store
from hailuo.store.tables import workers
from tests.clocks import ManualClock, settle
from tests.integration.store.test_ownership import die
from tests.integration.test_worker import Script, look
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    import pytest

    from hailuo.jobs.job import Job

OTHER = WorkerId("worker-2")


@asynccontextmanager
async def worker_on(
    url: str, name: WorkerId, clock: ManualClock
) -> AsyncGenerator[tuple[Worker, Store, Script]]:
    """Run a worker as a process of its own would."""
    async with Store.open(url, clock) as store:
        script = Script(clock, store)
        script.act = lambda _job: HEARTBEAT * 1000
        worker = Worker(name, store, script, clock)
        task = asyncio.create_task(worker.run())
        try:
            yield worker, store, script
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool], clock: ManualClock) -> None:
    """Let the clock run until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():
            await clock.advance(LOOK_AROUND)
            await settle()
            await asyncio.sleep(0.01)


async def begun(store: Store, worker: Worker) -> Job:
    job = await store.accept(request_by(), PICTURE, LIMITS, worker.id)
    worker.take([job])
    return job


async def test_who_misses_a_heartbeat_begins_anew_and_takes_its_jobs_back(
    postgres_url: str,
) -> None:
    clock = ManualClock()
    async with worker_on(postgres_url, ME, clock) as (worker, store, script):
        job = await begun(store, worker)
        await look(script, 1)
        await die(store, ME)
        await until(lambda: worker.id != ME and len(script.looks) > 1, clock)
        mine = await store.job(job.id)
        assert mine is not None
        assert mine.owner == worker.id


async def test_who_stops_in_a_paid_request_lives_until_its_answer_is_here(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request may take longer than a silent worker is believed to live."""
    clock, answered = ManualClock(), asyncio.Event()
    async with Store.open(postgres_url, clock) as store:
        script = Script(clock, store)
        worker = Worker(ME, store, script, clock)
        monkeypatch.setattr(script, "finish", answered.wait)
        running = asyncio.create_task(worker.run())
        await begun(store, worker)
        await look(script, 1)
        running.cancel()
        for _ in range(2):
            before = await heartbeat(store)
            async with asyncio.timeout(10):
                while await heartbeat(store) == before:
                    await clock.advance(HEARTBEAT)
                    await asyncio.sleep(0.01)
        answered.set()
        await asyncio.gather(running, return_exceptions=True)


async def heartbeat(store: Store) -> object:
    """Return when the worker was last heard of."""
    query = select(workers.c.heartbeat_at)
    return await store._database.read(lambda connection: connection.scalar(query))


async def test_a_job_of_a_dead_worker_is_looked_at_by_a_living_one(postgres_url: str) -> None:
    clock = ManualClock()
    async with worker_on(postgres_url, OTHER, clock) as (worker, store, script):
        await store.enlist(ME)
        job = await store.accept(request_by(), PICTURE, LIMITS, ME)
        await clock.advance(LOOK_AROUND * 2)
        assert script.looks == []
        await die(store, ME)
        await until(lambda: len(script.looks) == 1, clock)
        assert script.looks[0][0] == job.id
        assert worker.id == OTHER


async def test_a_cancel_is_answered_from_another_process(postgres_url: str) -> None:
    clock, other_clock = ManualClock(), ManualClock()
    async with (
        worker_on(postgres_url, ME, clock) as (owner, store, script),
        worker_on(postgres_url, OTHER, other_clock) as (other, _, _),
    ):
        job = await begun(store, owner)
        await look(script, 1)
        asked = asyncio.create_task(other.cancel(job.id, UserId(1)))
        # One look cancels, and the next one comes when that is stored: who asked has half a minute
        # for it by the other clock, which stands still until then.
        await until(lambda: len(script.looks) > 2, clock)
        await until(asked.done, other_clock)
        answer = asked.result()
        assert answer is not None
        assert answer.state is JobState.CANCELLED

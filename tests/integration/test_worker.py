"""The worker's loop: due jobs are looked at, errors back off, a cancel is answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.errors import HailuoError
from hailuo.jobs.job import JobState, UserId, WorkerId
from hailuo.jobs.worker import FIRST_BACKOFF, LONGEST_BACKOFF, Worker
from hailuo.store import Store
from hailuo.store.errors import StoreError
from tests.clocks import ManualClock, settle
from tests.jobs import LIMITS, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Mapping
    from pathlib import Path

    from hailuo.jobs.job import Job, JobId

ME = WorkerId("worker-1")


class BusyError(HailuoError):
    """A look that failed and says when to come back."""

    retry_after = timedelta(seconds=30)


class Script:
    """Stages that answer each look from a script, and note when it came."""

    def __init__(self, clock: ManualClock, store: Store) -> None:
        self.clock = clock
        self.store = store
        self.looks: list[tuple[str, float]] = []
        self.act: Callable[[Job], timedelta | None] = lambda _job: None
        self.finished = False
        self.let_go_of: list[str] = []
        self.looked = asyncio.Event()

    async def advance(self, job: Job) -> timedelta | None:
        self.looks.append((job.id, self.clock.monotonic()))
        self.looked.set()
        if job.cancel_pending:
            await self.store.move(job, JobState.CANCELLED)
            return timedelta(0)
        return self.act(job)

    async def watch(self, poke: Callable[[JobId], None]) -> None:
        del poke
        await asyncio.Event().wait()

    def let_go(self, job_id: JobId) -> None:
        self.let_go_of.append(job_id)

    async def finish(self) -> None:
        self.finished = True


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncGenerator[Store]:
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", clock) as store:
        yield store


@pytest.fixture
def script(clock: ManualClock, store: Store) -> Script:
    return Script(clock, store)


@pytest.fixture
async def worker(script: Script, store: Store, clock: ManualClock) -> AsyncGenerator[Worker]:
    worker = Worker(ME, store, script, clock)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert script.finished


async def accepted(store: Store, owner: WorkerId = ME) -> Job:
    return await store.accept(request_by(), PICTURE, LIMITS, owner)


async def look(script: Script, count: int) -> None:
    """Wait until so many looks have been made."""
    async with asyncio.timeout(10):
        while len(script.looks) < count:
            script.looked.clear()
            await script.looked.wait()


async def rests(worker: Worker) -> None:
    """Wait until the look under way is over and the next one is planned."""
    async with asyncio.timeout(10):
        while worker._in_hand:
            await settle()
    await settle()


async def test_a_job_is_looked_at_at_once_and_then_when_it_is_due(
    worker: Worker, script: Script, store: Store, clock: ManualClock
) -> None:
    script.act = lambda _job: timedelta(seconds=10)
    job = await accepted(store)
    worker.take([job])
    await look(script, 1)
    await rests(worker)
    await clock.advance(timedelta(seconds=9))
    assert len(script.looks) == 1
    await clock.advance(timedelta(seconds=1))
    await look(script, 2)
    assert script.looks == [(job.id, 0.0), (job.id, 10.0)]


async def test_newer_work_wakes_the_loop_before_the_earliest_look(
    worker: Worker, script: Script, store: Store
) -> None:
    script.act = lambda _job: timedelta(hours=1)
    worker.take([await accepted(store)])
    await look(script, 1)
    second = await accepted(store)
    worker.take([second])
    await look(script, 2)
    assert script.looks[1] == (second.id, 0.0)


async def test_a_settled_job_is_let_go(worker: Worker, script: Script, store: Store) -> None:
    job = await accepted(store)
    worker.take([job])
    await look(script, 1)
    await rests(worker)
    assert worker._heap == []
    assert script.let_go_of == [job.id]


async def test_looks_that_fall_due_together_read_the_store_once(
    worker: Worker,
    script: Script,
    store: Store,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads: list[int] = []
    read = store.jobs

    async def counted(job_ids: Collection[JobId]) -> Mapping[JobId, Job]:
        reads.append(len(job_ids))
        return await read(job_ids)

    jobs = [await accepted(store) for _ in range(5)]
    gaps = iter([5.0, 5.02, 5.04, 5.06, 5.08])
    script.act = lambda _job: timedelta(seconds=next(gaps, 60))
    worker.take(jobs)
    await look(script, 5)
    await rests(worker)
    monkeypatch.setattr(store, "jobs", counted)
    await clock.advance(timedelta(seconds=5.2))
    await look(script, 10)
    assert sum(reads) == 5
    assert len(reads) <= 2


async def test_a_store_that_cannot_be_read_puts_looks_off(
    worker: Worker,
    script: Script,
    store: Store,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(_job_ids: Collection[JobId]) -> Mapping[JobId, Job]:
        raise StoreError("locked")

    read = store.jobs
    monkeypatch.setattr(store, "jobs", broken)
    job = await accepted(store)
    worker.take([job])
    async with asyncio.timeout(10):
        while job.id not in worker._errors:
            await settle()
    await rests(worker)
    assert script.looks == []
    monkeypatch.setattr(store, "jobs", read)
    await clock.advance(FIRST_BACKOFF)
    await look(script, 1)


async def test_an_error_of_a_look_backs_off_further_and_further_and_loses_nothing(
    worker: Worker, script: Script, store: Store, clock: ManualClock
) -> None:
    def fail(_job: Job) -> timedelta | None:
        raise HailuoError("the network again")

    script.act = fail
    worker.take([await accepted(store)])
    expected = [min(FIRST_BACKOFF * 2**count, LONGEST_BACKOFF) for count in range(10)]
    for count, gap in enumerate(expected, start=1):
        await look(script, count)
        await rests(worker)
        await clock.advance(gap - timedelta(milliseconds=1))
        assert len(script.looks) == count
        await clock.advance(timedelta(milliseconds=1))
    await look(script, len(expected) + 1)


async def test_who_says_when_to_come_back_is_not_asked_sooner(
    worker: Worker, script: Script, store: Store, clock: ManualClock
) -> None:
    def fail(_job: Job) -> timedelta | None:
        raise BusyError

    script.act = fail
    worker.take([await accepted(store)])
    await look(script, 1)
    await rests(worker)
    await clock.advance(timedelta(seconds=29))
    assert len(script.looks) == 1
    await clock.advance(timedelta(seconds=1))
    await look(script, 2)


async def test_an_unexpected_error_is_no_end_either(
    worker: Worker, script: Script, store: Store, clock: ManualClock
) -> None:
    def fail(_job: Job) -> timedelta | None:
        raise ZeroDivisionError

    script.act = fail
    worker.take([await accepted(store)])
    await look(script, 1)
    await rests(worker)
    script.act = lambda _job: None
    await clock.advance(FIRST_BACKOFF)
    await look(script, 2)


async def test_a_job_of_another_worker_is_left_alone(
    worker: Worker, script: Script, store: Store
) -> None:
    mine = await accepted(store)
    worker.take([await accepted(store, WorkerId("worker-2")), mine])
    await look(script, 1)
    await rests(worker)
    assert [job_id for job_id, _ in script.looks] == [mine.id]


async def test_a_cancel_is_tried_at_once_and_answered_with_what_came_of_it(
    worker: Worker, script: Script, store: Store
) -> None:
    script.act = lambda _job: timedelta(hours=1)
    job = await accepted(store)
    worker.take([job])
    await look(script, 1)
    answer = await worker.cancel(job.id, UserId(1))
    assert answer is not None
    assert answer.state is JobState.CANCELLED


async def test_what_was_left_unsettled_is_taken_up_at_start(
    script: Script, store: Store, clock: ManualClock
) -> None:
    job = await accepted(store, WorkerId("worker-0"))
    script.act = lambda _job: timedelta(hours=1)
    worker = Worker(ME, store, script, clock)
    task = asyncio.create_task(worker.run())
    await look(script, 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert script.looks == [(job.id, 0.0)]

"""The loop that moves jobs: one heap ordered by the next look, one sleeper, one task per look."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from hailuo.errors import HailuoError
from hailuo.jobs.job import WorkerId
from hailuo.store.errors import StaleMoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId, UserId
    from hailuo.store import Store

log = structlog.get_logger(__name__)

TICK: Final = timedelta(milliseconds=100)
"""Looks fall due together by such steps, so that one reading of the store serves them all."""
READ_AT_ONCE: Final = 100
"""Jobs read in one statement, which holds the event loop for about 0.1 ms each."""
LOOKS_AT_ONCE: Final = 64
"""Looks under way at the same time; more would only wait in the connection pools."""
FIRST_BACKOFF: Final = timedelta(seconds=1)
LONGEST_BACKOFF: Final = timedelta(minutes=2)
CANCEL_ANSWER_WITHIN: Final = timedelta(seconds=30)
"""How long a person who cancels waits for the API's word before they are told to watch the card."""
HEARTBEAT: Final = timedelta(seconds=10)
LOOK_AROUND: Final = timedelta(seconds=2)
"""So soon is a cancel heard that was asked for elsewhere, or a dead worker found."""
ASK_AGAIN: Final = timedelta(milliseconds=500)


def new_worker_id() -> WorkerId:
    """Return an id that no worker ever had."""
    return WorkerId(secrets.token_hex(8))


class Stages(Protocol):
    """What is done for a job at one look, by its state."""

    async def advance(self, job: Job) -> timedelta | None:
        """Do the job's next act; return when to look again, None when nothing is left to do."""
        ...

    async def watch(self, poke: Callable[[JobId], None]) -> None:
        """Have jobs looked at when something outside them changes, until cancelled."""
        ...

    def let_go(self, job_id: JobId) -> None:
        """Forget a job that this worker no longer looks after."""
        ...

    async def finish(self) -> None:
        """Wait for what must not be torn: the paid requests under way."""
        ...


class Worker:
    """Own this process's jobs: claim them, look at each when it is due, never lose one.

    The schedule lives here in memory; the state lives in the store. A job is in one task's hands
    at a time. An error of a look is never the job's error: the job is looked at again, later and
    later.
    """

    def __init__(self, worker_id: WorkerId, store: Store, stages: Stages, clock: Clock) -> None:
        self.id = worker_id  # a worker that may be taken for dead goes on under a new one
        self._store = store
        self._stages = stages
        self._clock = clock
        self._heap: list[tuple[float, int, JobId]] = []
        self._due: dict[JobId, float] = {}
        self._errors: dict[JobId, int] = {}
        self._in_hand: set[JobId] = set()
        self._poked: set[JobId] = set()
        self._cancels: dict[JobId, list[asyncio.Future[Job]]] = {}
        self._order = itertools.count()
        self._wake = asyncio.Event()
        self._room = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def run(self) -> None:
        """Claim what is unsettled and look after it, and after all that is taken, until cancelled.

        On the way out the looks under way are stopped, but for the paid requests, which finish.
        """
        await self._store.enlist(self.id)
        log.info("worker started", worker=self.id, jobs=await self._take_over())
        async with asyncio.TaskGroup() as life:
            if self._store.shared:
                # Until the last paid request has finished, or the others would make it `unknown`.
                life.create_task(self._live(), name="worker:heartbeat")
            try:
                async with asyncio.TaskGroup() as parts:
                    parts.create_task(self._loop(), name="worker:looks")
                    parts.create_task(self._stages.watch(self.poke), name="worker:line")
                    if self._store.shared:
                        parts.create_task(self._look_around(), name="worker:others")
            finally:
                await self._stages.finish()
                log.info("worker stopped", worker=self.id)

    def take(self, jobs: Iterable[Job]) -> None:
        """Look after these jobs from now on."""
        for job in jobs:
            self.poke(job.id)

    def poke(self, job_id: JobId) -> None:
        """Look at a job at once, because something about it changed."""
        if job_id in self._in_hand:
            self._poked.add(job_id)
        else:
            self._schedule(job_id, timedelta(0))

    async def cancel(self, job_id: JobId, by: UserId) -> Job | None:
        """Ask for a job's end; return the job once that was tried, or as it is after a while."""
        job = await self._store.ask_cancel(job_id, by)
        if job is None or not job.cancel_pending:
            return job
        if job.owner != self.id:
            return await self._owner_cancelled(job_id)
        answer = asyncio.get_running_loop().create_future()
        waiting = self._cancels.setdefault(job_id, [])
        waiting.append(answer)
        self.poke(job_id)
        try:
            async with asyncio.timeout(CANCEL_ANSWER_WITHIN.total_seconds()):
                return await answer
        except TimeoutError:
            return await self._store.job(job_id)
        finally:
            waiting.remove(answer)
            if not waiting:
                self._cancels.pop(job_id, None)

    async def _owner_cancelled(self, job_id: JobId) -> Job | None:
        """Wait until the worker that owns the job has tried to end it, or for as long as we do."""
        until = self._clock.monotonic() + CANCEL_ANSWER_WITHIN.total_seconds()
        while True:
            job = await self._store.job(job_id)
            if job is None or not job.cancel_pending or self._clock.monotonic() > until:
                return job
            await self._clock.sleep(ASK_AGAIN)

    async def _live(self) -> None:
        """Prove every now and then that this worker lives."""
        while True:
            await self._clock.sleep(HEARTBEAT)
            try:
                if not await self._store.beat(self.id):
                    await self._begin_anew()
            except HailuoError as error:
                log.warning("no heartbeat", worker=self.id, error=str(error))

    async def _begin_anew(self) -> None:
        """Drop all jobs, which may be another's by now; writes in our old name are refused."""
        old, self.id = self.id, new_worker_id()
        self._heap.clear()
        for job_id in list(self._due):
            self._let_go(job_id)
        await self._store.enlist(self.id)
        log.error("heartbeat missed: began anew", was=old, worker=self.id)

    async def _look_around(self) -> None:
        """Take over what the dead have left, and hear of cancels asked for in other processes."""
        heard: set[JobId] = set()
        while True:
            try:
                taken = await self._take_over()
                if taken:
                    log.warning("took over", worker=self.id, jobs=taken)
                asked = set(await self._store.asked_to_cancel(self.id))
                for job_id in asked - heard:
                    self.poke(job_id)
                heard = asked
            except HailuoError as error:
                log.warning("cannot look around", worker=self.id, error=str(error))
            await self._clock.sleep(LOOK_AROUND)

    async def _take_over(self) -> int:
        """Claim what is unsettled and whose worker is dead, and look after it; return how many."""
        count = 0
        while claimed := await self._store.claim(self.id):
            self.take(claimed)
            count += len(claimed)
        return count

    async def _loop(self) -> None:
        async with asyncio.TaskGroup() as looks:
            while True:
                due = self._pop_due()
                self._in_hand.update(due)
                for job_id, job in (await self._read(due)).items():
                    looks.create_task(self._look(job_id, job), name=f"look:{job_id}")
                await self._wait()

    async def _read(self, due: Collection[JobId]) -> Mapping[JobId, Job | None]:
        """Read the jobs that are due; none of them now where they cannot be read."""
        if not due:
            return {}
        try:
            jobs = await self._store.jobs(due)
        except Exception as error:  # noqa: BLE001 - told by `_failed`
            for job_id in due:
                self._done_with(job_id, self._failed(job_id, error))
            return {}
        return {job_id: jobs.get(job_id) for job_id in due}

    def _pop_due(self) -> list[JobId]:
        now = self._clock.monotonic()
        due: list[JobId] = []
        while self._heap and self._heap[0][0] <= now and len(due) < READ_AT_ONCE:
            when, _, job_id = heapq.heappop(self._heap)
            if self._due.get(job_id) == when:  # else a newer entry has replaced this one
                del self._due[job_id]
                due.append(job_id)
        return due

    async def _wait(self) -> None:
        """Sleep until the earliest look is due or something wakes the loop."""
        self._wake.clear()
        if not self._heap:
            await self._wake.wait()
            return
        delay = max(0.0, self._heap[0][0] - self._clock.monotonic())
        sleeper = asyncio.create_task(
            self._clock.sleep(timedelta(seconds=delay)), name="worker:sleep"
        )
        waker = asyncio.create_task(self._wake.wait(), name="worker:wake")
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()

    def _schedule(self, job_id: JobId, delay: timedelta) -> None:
        when = self._clock.monotonic() + delay.total_seconds()
        if delay:
            when = math.ceil(when / TICK.total_seconds()) * TICK.total_seconds()
        self._due[job_id] = when
        heapq.heappush(self._heap, (when, next(self._order), job_id))
        self._wake.set()

    async def _look(self, job_id: JobId, job: Job | None) -> None:
        again: timedelta | None = FIRST_BACKOFF
        try:
            async with self._room:
                again = await self._advance(job_id, job)
        finally:
            self._done_with(job_id, again)

    def _done_with(self, job_id: JobId, again: timedelta | None) -> None:
        """Take a job out of hand, to be looked at again then; at once if it was poked."""
        self._in_hand.discard(job_id)
        if job_id in self._poked:
            self._poked.discard(job_id)
            again = timedelta(0)
        if again is not None:
            self._schedule(job_id, again)

    async def _advance(self, job_id: JobId, job: Job | None) -> timedelta | None:
        if job is None or job.owner != self.id or job.announced:
            return self._let_go(job_id)
        try:
            again = await self._stages.advance(job)
            await self._answer_cancel(job_id)
        except StaleMoveError as error:
            log.info("job moved by someone else", job=job_id, error=str(error))
            return timedelta(0)
        except Exception as error:  # noqa: BLE001 - told by `_failed`
            return self._failed(job_id, error)
        self._errors.pop(job_id, None)
        return self._let_go(job_id) if again is None else again

    def _let_go(self, job_id: JobId) -> None:
        self._errors.pop(job_id, None)
        self._due.pop(job_id, None)
        self._stages.let_go(job_id)

    def _failed(self, job_id: JobId, error: Exception) -> timedelta:
        """Return when to look again after a look that failed: later and later."""
        again = self._back_off(job_id)
        if isinstance(error, HailuoError):
            again = max(again, error.retry_after or timedelta(0))
            log.warning("look failed", job=job_id, again=again, error=str(error))
        else:
            log.error("look failed unexpectedly", job=job_id, again=again, exc_info=error)
        return again

    def _back_off(self, job_id: JobId) -> timedelta:
        count = self._errors[job_id] = self._errors.get(job_id, 0) + 1
        return min(FIRST_BACKOFF * 2 ** min(count - 1, 16), LONGEST_BACKOFF)

    async def _answer_cancel(self, job_id: JobId) -> None:
        """Tell those who asked for the job's end how it stands, now that it was tried."""
        if job_id not in self._cancels:
            return
        job = await self._store.job(job_id)
        if job is None or (job.live and job.cancel_pending):
            return
        for answer in self._cancels.get(job_id, ()):
            if not answer.done():
                answer.set_result(job)

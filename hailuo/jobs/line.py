"""The line as this process sees it: who waits here, whose turn has come, what their cards say.

The store alone decides who begins; this wakes the right jobs at the right time, so that nobody
has to ask. One reading of the line serves all who wait here, and without any there is none.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.errors import HailuoError
from hailuo.jobs.congestion import Congestion
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import EXACT_UNTIL, Behind, Place, has_moved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId, WorkerId
    from hailuo.jobs.turns import Lines
    from hailuo.quotas import Limits
    from hailuo.store import Store

log = structlog.get_logger(__name__)

READ_SHARED: Final = timedelta(seconds=2)
"""How often the line is read while another process, or an operator, may make room."""
READ_ALONE: Final = timedelta(seconds=15)
"""How often it is read where all that happens is heard of at once."""
BREATH: Final = timedelta(milliseconds=100)
"""The least time between two readings: many who join at once are one."""
CALL_AGAIN: Final = timedelta(seconds=30)
"""How long one who was called has for beginning, before another is tried or it is called again."""


@dataclass(slots=True)
class _Waiter:
    """One of this process's jobs in line."""

    owner: WorkerId | None
    place: Place | None = None
    told: Place | None = None
    called: bool = False
    called_at: float = float("-inf")
    passed_over: int = 0
    """How often another was tried in its stead, because it did not begin when it was called."""

    @property
    def is_behind(self) -> bool:
        """Whether the card says something that is no longer worth saying."""
        if self.place is None or self.told is None or self.place.behind is not self.told.behind:
            return self.place is not self.told
        return has_moved(self.told.number or 0, self.place.number or 0)


class Line:
    """Keeps this process's jobs waiting until their turn."""

    def __init__(
        self, store: Store, limits: Limits, clock: Clock, rng: random.Random | None = None
    ) -> None:
        self._store = store
        self._limits = limits
        self._clock = clock
        self._api = Congestion(clock, rng or random.Random())  # noqa: S311 - spreads retries
        self._here: dict[JobId, _Waiter] = {}
        self._stirred = asyncio.Event()
        self._paused = False

    async def begin(self, job: Job) -> Job:
        """Move an accepted job to ``submitting`` if its turn has come, else have it wait."""
        if self._api.admits(job.id):
            job = await self._store.line.begin(job, self._limits)
        else:
            job = await self._store.line.join(job)
        if job.state is JobState.SUBMITTING:
            self._here.pop(job.id, None)
        elif not job.cancel_pending:
            self._wait(job)
        if job.state is not JobState.SUBMITTING:
            self._api.answered(job.id)
        return job

    def calls(self, job: Job) -> bool:
        """Tell whether a job in line may try to begin."""
        waiter = self._here.get(job.id)
        if waiter is None or waiter.owner != job.owner:
            self._wait(job)
            return False
        return waiter.called

    def tell_place(self, job: Job) -> Place | None:
        """Return the job's place, to be told on its card; None while it is not known yet."""
        waiter = self._here.get(job.id)
        if waiter is None:
            return None
        waiter.told = waiter.place
        return waiter.place

    def answered(self, job: Job) -> None:
        """Take note that a paid request has come to whatever end."""
        self._api.answered(job.id)
        self.stir()

    def went_through(self) -> None:
        """Take note that the API has taken a job."""
        self._api.went_through()

    def turned_away(self, retry_after: timedelta | None) -> None:
        """Take note that the API takes no more for now."""
        self._api.turned_away(retry_after)

    def stir(self) -> None:
        """Have the line read soon, since something has changed."""
        self._stirred.set()

    async def run(self, poke: Callable[[JobId], None]) -> None:
        """Wake those whose turn has come, or whose card is behind, until cancelled."""
        while True:
            await self._something_may_have_changed()
            if not self._here:
                self._api.nobody_waits()
                continue
            try:
                for job_id in await self._read():
                    poke(job_id)
            except HailuoError as error:
                log.warning("the line cannot be read", error=str(error))
            await self._clock.sleep(BREATH)

    def _wait(self, job: Job) -> None:
        """Have a job wait; one that was called in vain waits on and may be called again."""
        waiter = self._here.get(job.id)
        if waiter is None or waiter.owner != job.owner:
            log.info("waits in line", job=job.id)
            self._here[job.id] = _Waiter(job.owner)
            self.stir()
            return
        waiter.called, waiter.called_at = False, float("-inf")
        waiter.told, waiter.passed_over = None, 0

    async def _something_may_have_changed(self) -> None:
        """Wait to be stirred; while somebody waits here, no longer than it takes to look anew."""
        if not self._here:
            await self._stirred.wait()
        else:
            stirred = asyncio.create_task(self._stirred.wait(), name="line:stirred")
            sleeper = asyncio.create_task(self._clock.sleep(self._pause()), name="line:sleep")
            try:
                await asyncio.wait({stirred, sleeper}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stirred.cancel()
                sleeper.cancel()
        self._stirred.clear()

    def _pause(self) -> timedelta:
        pause = READ_SHARED if self._store.shared or self._paused else READ_ALONE
        return min(pause, self._api.wait) if self._api.wait else pause

    async def _read(self) -> list[JobId]:
        """Read the line; return the jobs of this process that have to be looked at."""
        before = list(self._here)
        lines = await self._store.line.read()
        self._paused = lines.paused
        waiting = {one.job_id: one.owner for one in lines.waiting}
        for job_id in before:
            waiter = self._here.get(job_id)
            if waiter is not None and waiting.get(job_id, "") != waiter.owner:
                del self._here[job_id]  # it began, ended, or is another's by now
                self._api.answered(job_id)
        called = self._called(lines)
        now = self._clock.monotonic()
        due: list[JobId] = []
        for job_id, waiter in self._here.items():
            if job_id not in called:
                waiter.called = False
                if waiter.is_behind:
                    due.append(job_id)
            elif now - waiter.called_at >= CALL_AGAIN.total_seconds():
                waiter.called, waiter.called_at = True, now
                due.append(job_id)
        return due

    def _called(self, lines: Lines) -> Collection[JobId]:
        """Note everybody's place; return those of this process who may begin."""
        free: set[JobId] = set()
        for guild_id, line, running in lines.by_server():
            self._note_places((one.job_id for one in line), Behind.SERVER)
            room = len(line) if guild_id is None else self._limits.live_per_server - running
            free.update(one.job_id for one in line[: max(0, room)])
        free &= self._here.keys()
        if not lines.paused and not self._api.engaged:
            return free
        order = [one.job_id for one in lines.as_one()]
        self._note_places(iter(order), Behind.PAUSE if lines.paused else Behind.API)
        if lines.paused:
            return ()
        trial = self._choose_trial([job_id for job_id in order if job_id in free])
        return () if trial is None else (trial,)

    def _note_places(self, line: Iterator[JobId], behind: Behind) -> None:
        for number, job_id in enumerate(line, 1):
            with suppress(KeyError):
                self._here[job_id].place = Place(number, behind, exact=number <= EXACT_UNTIL)

    def _choose_trial(self, order: list[JobId]) -> JobId | None:
        """Return who may ask the API next: the first in line, unless it does not come forward."""
        trial = self._api.trial
        if trial is not None:
            waiter = self._here.get(trial)
            if waiter is None:
                return None  # its request is under way
            if self._clock.monotonic() - waiter.called_at < CALL_AGAIN.total_seconds():
                return trial
            waiter.passed_over += 1
        if self._api.wait or not order:
            return None
        self._api.trial = min(order, key=lambda job_id: self._here[job_id].passed_over)
        return self._api.trial

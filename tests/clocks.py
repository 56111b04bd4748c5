"""Clocks that tests own."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hailuo.clock import SystemClock


@dataclass
class HastyClock(SystemClock):
    """The system's clock, but a sleep is noted and over."""

    naps: list[float] = field(default_factory=list)

    async def sleep(self, duration: timedelta) -> None:
        """Note the seconds and go on at once."""
        self.naps.append(duration.total_seconds())


class ManualClock:
    """Stands still until told to move; sleepers wake in order when it passes their time."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = timedelta(0)
        self._sleepers: list[tuple[timedelta, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        """Return the time of day."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed.total_seconds()

    async def sleep(self, duration: timedelta) -> None:
        """Wait until somebody has moved the clock this far."""
        if duration <= timedelta(0):
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + duration, next(self._order), wake))
        await wake

    @property
    def sleepers(self) -> int:
        """How many wait for the clock to move."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def advance(self, duration: timedelta) -> None:
        """Move the clock, waking sleepers one by one at their own times."""
        until = self._elapsed + duration
        while self._sleepers and self._sleepers[0][0] <= until:
            self._elapsed, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
            await settle()
        self._elapsed = until
        await settle()


async def settle(rounds: int = 20) -> None:
    """Let everything that is ready run."""
    for _ in range(rounds):
        await asyncio.sleep(0)

"""The stand-in's clock: wall time that can run faster and be moved forward."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime


class Clock:
    """Tell the time in Unix seconds and ring alarms, `scale` times as fast as the wall clock."""

    def __init__(self) -> None:
        self._scale = 1.0
        self._epoch = time.time()
        self._epoch_monotonic = time.monotonic()
        self._alarms: list[tuple[float, int, asyncio.Future[float]]] = []
        self._order = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """Return the present moment in Unix seconds."""
        return self._epoch + (time.monotonic() - self._epoch_monotonic) * self._scale

    def run_at(self, scale: float) -> None:
        """Run `scale` times as fast as the wall clock from now on."""
        self._rebase(self.now())
        self._scale = scale
        self._ring_due()

    def advance(self, seconds: float) -> None:
        """Jump forward; every alarm that falls due on the way rings."""
        self._rebase(self.now() + seconds)
        self._ring_due()

    def alarm(self, due: float) -> asyncio.Future[float]:
        """Return a future that resolves to `due` when that moment comes; anyone may ring it early.

        It resolves to the planned moment, not to the later one at which the loop woke, so that
        a chain of alarms keeps exactly to its seeded plan however fast the clock runs.
        """
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._alarms, (due, next(self._order), future))
        self._ring_due()
        return future

    def stop(self) -> None:
        """Ring no more alarms."""
        if self._timer is not None:
            self._timer.cancel()
        self._alarms.clear()

    def _rebase(self, moment: float) -> None:
        self._epoch, self._epoch_monotonic = moment, time.monotonic()

    def _ring_due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self.now()
        while self._alarms and (self._alarms[0][0] <= now or self._alarms[0][2].done()):
            due, _, future = heapq.heappop(self._alarms)
            if not future.done():
                future.set_result(due)
        if self._alarms:
            wall_seconds = (self._alarms[0][0] - now) / self._scale
            self._timer = asyncio.get_running_loop().call_later(wall_seconds, self._ring_due)


def iso(moment: float | None) -> str | None:
    """Write a moment as the API does: ISO 8601 in UTC with milliseconds."""
    if moment is None:
        return None
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")

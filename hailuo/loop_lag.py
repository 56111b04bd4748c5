"""Measures how late the event loop comes to what is due: what everybody who waits has to bear."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from prometheus_client import Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from hailuo.clock import Clock

BETWEEN_TICKS: Final = timedelta(milliseconds=50)
BUCKETS_S: Final = (
    *(0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05),
    *(0.075, 0.1, 0.2, 0.5, 1.0, 3.0),
)
"""Close together up to the 50 ms that are aimed at; at 3 s Discord takes no answer any more."""


class LoopLag:
    """A metronome on the event loop, and a histogram of how late it was heard."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._seconds = Histogram(
            "hailuo_event_loop_lag_seconds",
            "How late the event loop came to what was due.",
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def run(self) -> None:
        """Listen until cancelled; every tick that a standstill swallowed counts by itself."""
        tick_s = BETWEEN_TICKS.total_seconds()
        due = self._clock.monotonic() + tick_s
        while True:
            await self._clock.sleep(timedelta(seconds=due - self._clock.monotonic()))
            now = self._clock.monotonic()
            while due <= now:
                self._seconds.observe(now - due)
                due += tick_s

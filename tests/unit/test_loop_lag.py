"""The lag of the event loop, measured on a clock that comes late by so much as the test says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from hailuo.clock import SystemClock
from hailuo.loop_lag import LoopLag

if TYPE_CHECKING:
    from datetime import timedelta


class LateClock(SystemClock):
    """Sleeps as long as it is told and this much longer each time; then for ever."""

    def __init__(self, *late_s: float) -> None:
        self._late_s = list(late_s)
        self._elapsed_s = 0.0
        self.over = asyncio.Event()

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, duration: timedelta) -> None:
        if not self._late_s:
            self.over.set()
            await asyncio.get_running_loop().create_future()
        self._elapsed_s += duration.total_seconds() + self._late_s.pop(0)


async def heard(clock: LateClock) -> CollectorRegistry:
    registry = CollectorRegistry()
    listening = asyncio.create_task(LoopLag(registry, clock).run())
    await clock.over.wait()
    listening.cancel()
    return registry


def later_than(registry: CollectorRegistry, seconds: float) -> float:
    name, labels = "hailuo_event_loop_lag_seconds_bucket", {"le": str(seconds)}
    count = registry.get_sample_value("hailuo_event_loop_lag_seconds_count")
    within = registry.get_sample_value(name, labels)
    assert count is not None
    assert within is not None
    return count - within


async def test_each_tick_is_counted_with_its_lateness() -> None:
    registry = await heard(LateClock(0.0005, 0.012, 0.0005))
    assert later_than(registry, 0.001) == 1
    assert later_than(registry, 0.015) == 0


async def test_a_standstill_counts_for_every_tick_that_it_swallowed() -> None:
    """One long silence must not look like one late tick among many in time."""
    registry = await heard(LateClock(0.975))
    assert later_than(registry, 3.0) == 0
    assert later_than(registry, 0.5) == 10  # the ticks due in its first half
    assert later_than(registry, 0.001) == 20

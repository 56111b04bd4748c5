"""Clocks that tests own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hailuo.clock import SystemClock

if TYPE_CHECKING:
    from datetime import timedelta


@dataclass
class HastyClock(SystemClock):
    """The system's clock, but a sleep is noted and over."""

    naps: list[float] = field(default_factory=list)

    async def sleep(self, duration: timedelta) -> None:
        """Note the seconds and go on at once."""
        self.naps.append(duration.total_seconds())

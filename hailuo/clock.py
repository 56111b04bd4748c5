"""Time as the engine sees it: injected, so that tests can own it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tell the time and wait for it."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC: for what is stored or shown."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards: for schedules and waits."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Wait for ``duration``."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        """Wait for ``duration``."""
        await asyncio.sleep(duration.total_seconds())

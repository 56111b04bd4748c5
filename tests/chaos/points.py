"""Named points at which a process may die, and a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from hailuo.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.engine import Connection

T = TypeVar("T")


class CrashError(BaseException):
    """The process has died here; no `except Exception` may survive it."""


class Points:
    """Counts the points that are passed, over all lives, and crashes at those it is told to."""

    def __init__(self, crash_at: Collection[int] = (), *, first: str = "") -> None:
        self._crash_at = frozenset(crash_at)
        self._first = first  # the first point of this name is one to crash at, too
        self.passed: list[str] = []
        self.crashes: list[str] = []
        self.dead = False

    def reach(self, name: str) -> None:
        """Pass a point or die at it; the dead pass no point any more."""
        if self.dead:
            raise CrashError(name)
        self.passed.append(name)
        if len(self.passed) - 1 in self._crash_at or (name == self._first and not self.crashes):
            self.dead = True
            self.crashes.append(name)
            raise CrashError(name)


class CrashingDatabase(Database):
    """A real database whose process may die before and after each commit."""

    points: Points | None = None
    wrote: asyncio.Event

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Write, with a point on either side of the commit."""
        if self.points is None:
            return await super().write(act)
        name = act.__qualname__.partition(".<locals>")[0]
        self.points.reach(f"before commit: {name}")
        result = await super().write(act)
        self.wrote.set()
        self.points.reach(f"after commit: {name}")
        return result

    async def _migrate(self) -> None:
        """Do nothing: the file was copied from one that has its tables."""


class JumpingClock:
    """A sleep is over at once, and that much later."""

    def __init__(self) -> None:
        self._elapsed = timedelta(0)

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime(2026, 1, 1, tzinfo=UTC) + self._elapsed

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self._elapsed.total_seconds()

    async def sleep(self, duration: timedelta) -> None:
        """Let the time pass."""
        # A wait shorter than the clock's own step must pass too.
        self._elapsed += max(duration, timedelta(milliseconds=1))
        await asyncio.sleep(0)

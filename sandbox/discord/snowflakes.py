"""Discord's ids: a millisecond since 2015 and a counter, so that an id tells when it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH_MS = 1_420_070_400_000
TIMESTAMP_SHIFT = 22


class Snowflakes:
    """Hand out ids that grow with every call, even when the clock stands still or goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Return an id whose time is now, larger than every id before it."""
        now = (int(self._clock() * 1000) - EPOCH_MS) << TIMESTAMP_SHIFT
        self._last = max(now, self._last + 1)
        return self._last


def time_of(snowflake: int) -> datetime:
    """Return the moment an id was made."""
    milliseconds = (snowflake >> TIMESTAMP_SHIFT) + EPOCH_MS
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)

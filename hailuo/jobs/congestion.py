"""What the API has said of its own room: nobody is sent too soon, and then one after another."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

    from hailuo.clock import Clock
    from hailuo.jobs.job import JobId

FIRST_PAUSE: Final = timedelta(seconds=5)
"""How long nobody is sent where the API does not say; doubled each time it takes none."""
LONGEST_PAUSE: Final = timedelta(minutes=2)
LEAST_PAUSE: Final = timedelta(seconds=1)


class Congestion:
    """Begins with the first "later" of the API and lasts until nobody waits any more.

    Meanwhile one job at a time is sent, so that each answer is known before the next one tries.
    """

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._refusals = 0
        self._until = float("-inf")
        self.engaged = False
        self.trial: JobId | None = None
        """The job that is called to try, until its answer is here."""

    @property
    def wait(self) -> timedelta:
        """How long nobody may be sent yet."""
        return timedelta(seconds=max(0.0, self._until - self._clock.monotonic()))

    def admits(self, job_id: JobId) -> bool:
        """Tell whether a job may be sent now."""
        return not self.engaged or (self.trial == job_id and not self.wait)

    def turned_away(self, retry_after: timedelta | None) -> None:
        """Take note that the API takes no more, and for how long it wants to be left alone."""
        self._refusals += 1
        pause = retry_after
        if pause is None:
            pause = min(FIRST_PAUSE * 2 ** min(self._refusals - 1, 16), LONGEST_PAUSE)
        pause = max(pause, LEAST_PAUSE) * self._rng.uniform(1.0, 1.1)
        until = self._clock.monotonic() + pause.total_seconds()
        self._until = max(self._until, until)
        self.engaged = True

    def went_through(self) -> None:
        """Take note that the API has taken a job: the next one may try at once."""
        self._refusals = 0

    def answered(self, job_id: JobId) -> None:
        """Let another try, now that this one has its answer or left the line."""
        if self.trial == job_id:
            self.trial = None

    def nobody_waits(self) -> None:
        """End, unless the API still wants to be left alone."""
        if not self.wait:
            self.engaged = False
            self.trial = None

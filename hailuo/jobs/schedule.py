"""When to look at a job next, and when its video is expected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job

BETWEEN_LOOKS: Final = timedelta(seconds=2)
STALL_LIMIT: Final = timedelta(hours=6)


class Schedule:
    """Plans the looks at each job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def learn(self, job: Job) -> None:
        """Take a finished job into account."""

    def next_look(self, job: Job) -> timedelta:
        """Return how long to wait before the next look at a job."""
        return BETWEEN_LOOKS

    def expected(self, job: Job) -> tuple[datetime, datetime] | None:
        """Return between which times the video is expected; None while nothing was learned."""
        return None

    def stall_limit(self, job: Job) -> timedelta:
        """Return how long a job may stay in its state."""
        return STALL_LIMIT

    def stalled(self, job: Job) -> bool:
        """Tell whether a job has been in its state for longer than any job takes."""
        return self._clock.now() - job.state_at > self.stall_limit(job)

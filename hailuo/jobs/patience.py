"""How long something has gone on for a job, as this process has seen it.

Counted by the monotonic clock from the first time it was seen: while the bot is down nobody looks,
so a downtime, a sleeping machine or a clock that is set wears nobody's patience out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hailuo.runcomfy.errors import InvalidInputError, RequestNotFoundError, RunComfyError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hailuo.clock import Clock
    from hailuo.errors import HailuoError
    from hailuo.jobs.job import JobId

GONE_PATIENCE: Final = timedelta(minutes=10)
"""How long an answer that a job or its video is no more has to stand before it is believed."""
ERROR_PATIENCE: Final = timedelta(hours=24)
"""How long errors that say nothing of the job may be all that looks at it meet."""


class Patience:
    """Since when each thing has gone on for each job, without a break."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[JobId, dict[Hashable, float]] = {}

    def lasting(self, job_id: JobId, what: Hashable) -> timedelta:
        """Note that something goes on; return for how long it has."""
        now = self._clock.monotonic()
        since = self._since.setdefault(job_id, {}).setdefault(what, now)
        return timedelta(seconds=now - since)

    def over(self, job_id: JobId, what: Hashable) -> None:
        """Note that something has come to an end; should it begin again, it counts anew."""
        self._since.get(job_id, {}).pop(what, None)

    def forget(self, job_id: JobId) -> None:
        """Drop all that was noted of a job."""
        self._since.pop(job_id, None)


def patience_with(error: HailuoError) -> timedelta:
    """Return how long such errors have to be all there is before they are the job's end.

    What the API says of itself, or of the bot's account, says nothing of the job.
    """
    of_the_job = not isinstance(error, RunComfyError) or isinstance(
        error, RequestNotFoundError | InvalidInputError
    )
    return GONE_PATIENCE if of_the_job and not error.retryable else ERROR_PATIENCE

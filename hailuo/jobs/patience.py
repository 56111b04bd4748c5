"""How long something has gone on for a job, as this process has seen it.

Counted by the monotonic clock from the first time it was seen: while the bot is down nobody looks,
so a downtime, a sleeping machine or a clock that is set wears nobody's patience out.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
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
"""How long errors may be all that looks at a job meet."""


class _Looks(StrEnum):
    """What looks meet, and nothing else in between."""

    ERRORS = "errors"
    GONE = "gone"


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

    def ends_with(self, job_id: JobId, error: HailuoError) -> bool:
        """Note that a look met an error; tell whether such errors were all there is for too long.

        Soonest where they say that the job, or its video, is no more. What the API says of itself,
        or of the bot's account, says nothing of the job.
        """
        silent = self.lasting(job_id, _Looks.ERRORS) > ERROR_PATIENCE
        if _says_gone(error):
            return self.lasting(job_id, _Looks.GONE) > GONE_PATIENCE or silent
        self._since[job_id].pop(_Looks.GONE, None)
        return silent

    def answered(self, job_id: JobId) -> None:
        """Note that a look was answered; the silence before it counts for nothing else either."""
        since = self._since.get(job_id, {})
        since.pop(_Looks.GONE, None)
        silent_since = since.pop(_Looks.ERRORS, None)
        if silent_since is not None:
            silence = self._clock.monotonic() - silent_since
            self._since[job_id] = {what: began + silence for what, began in since.items()}

    def forget(self, job_id: JobId) -> None:
        """Drop all that was noted of a job."""
        self._since.pop(job_id, None)


def _says_gone(error: HailuoError) -> bool:
    if isinstance(error, RunComfyError):
        return isinstance(error, RequestNotFoundError | InvalidInputError)
    return not error.retryable

"""What each card promises: kept steady while it holds, admitted when it is broken.

The engine's forecast moves a little at every look; a card that followed each move would be edited
for nothing. A promise is drawn anew when the stage changes or the forecast has clearly moved, and
once it has passed the card says so. A place far back in the API's queue is told each tenth of the
way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hailuo.jobs.presenter import has_moved

if TYPE_CHECKING:
    from datetime import datetime

    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId, JobState
    from hailuo.jobs.presenter import Outlook

LEAST_DRIFT: Final = timedelta(seconds=15)
DRIFT: Final = 0.25
"""How far the end of the promised time may move, of what is left until then, unseen."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a card says of the time ahead."""

    outlook: Outlook
    late: bool = False
    """Whether the time first promised has passed."""


@dataclass(slots=True)
class _Promised:
    state: JobState
    outlook: Outlook
    first_until: datetime | None


class Forecasts:
    """The promises of all live cards."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._promised: dict[JobId, _Promised] = {}

    def promise(self, job: Job, outlook: Outlook) -> Promise:
        """Return what the card shall say now that the engine expects ``outlook``."""
        before = self._promised.get(job.id)
        if before is None:
            before = self._promised[job.id] = _Promised(job.state, outlook, outlook.ready_until)
        if before.first_until is None:
            before.first_until = outlook.ready_until
        if before.state is not job.state or self._has_drifted(before.outlook, outlook):
            before.state, before.outlook = job.state, outlook
        else:
            position = _steady(before.outlook.queue_position, outlook.queue_position)
            before.outlook = replace(before.outlook, queue_position=position, place=outlook.place)
        late = before.first_until is not None and self._clock.now() > before.first_until
        return Promise(before.outlook, late)

    def forget(self, job_id: JobId) -> None:
        """Drop what was promised for a job."""
        self._promised.pop(job_id, None)

    def _has_drifted(self, shown: Outlook, expected: Outlook) -> bool:
        if shown.ready_until is None or expected.ready_until is None:
            return shown.ready_until is not expected.ready_until
        left = shown.ready_until - self._clock.now()
        drift = abs(expected.ready_until - shown.ready_until)
        return drift > max(LEAST_DRIFT, left * DRIFT)


def _steady(told: int | None, now: int | None) -> int | None:
    """Return the place in the API's queue that the card shall tell."""
    return told if told is not None and now is not None and not has_moved(told, now) else now

"""Keeps, for each job at the API, what its looks have told, and plans the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hailuo.jobs.durations import Between
from hailuo.jobs.job import JobState

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId
    from hailuo.jobs.pacing import Pacing, Watch


class Lookout:
    """The pacing of this process's jobs; a job's age counts from when the API took it."""

    def __init__(self, pacing: Pacing, clock: Clock) -> None:
        self._pacing = pacing
        self._clock = clock
        self._watches: dict[JobId, Watch] = {}

    def saw(self, job: Job) -> None:
        """Note the state that a look has just found a job in."""
        watch = self._watch(job)
        if job.state is JobState.IN_PROGRESS:
            watch.saw_render(self._age(job))
        else:
            watch.saw_queue(self._age(job))

    def next_look(self, job: Job) -> timedelta:
        """Return how long to wait before the next look at a job."""
        return self._watch(job).next_look(self._age(job))

    def expected(self, job: Job) -> tuple[datetime, datetime] | None:
        """Return between which times the video is expected; None while nothing was learned."""
        eta = self._watch(job).eta(self._age(job))
        if eta is None:
            return None
        now = self._clock.now()
        return now + eta.low, now + eta.high

    def stalled(self, job: Job) -> bool:
        """Tell whether the job has stood still for longer than any job does."""
        return self._watch(job).stalled(self._age(job))

    def done(self, job: Job) -> None:
        """Learn from a job that was just found done."""
        self._watch(job).done(self._age(job))
        self.drop(job)

    def drop(self, job: Job) -> None:
        """Watch a job no longer, however it ended."""
        watch = self._watches.pop(job.id, None)
        if watch is not None:
            watch.dropped()

    def learn(self, job: Job) -> None:
        """Learn from a job that was done before this process began."""
        if job.submitted_at is None or job.rendered_at is None:
            return
        total = (job.rendered_at - job.submitted_at).total_seconds()
        queue = Between(0.0, total)
        if job.rendering_at is not None:
            waited = (job.rendering_at - job.submitted_at).total_seconds()
            queue = Between(waited, waited)
        self._pacing.recall(queue, Between(total, total))

    def _watch(self, job: Job) -> Watch:
        """Return the job's watch; begin one, from what the store knows, where there is none."""
        watch = self._watches.get(job.id)
        if watch is None:
            watch = self._watches[job.id] = self._pacing.watch()
            if job.rendering_at is not None and job.submitted_at is not None:
                watch.saw_render(job.rendering_at - job.submitted_at)
        return watch

    def _age(self, job: Job) -> timedelta:
        return self._clock.now() - (job.submitted_at or job.created_at)

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

    def next_look(self, job: Job, retry_after: timedelta | None = None) -> timedelta:
        """Return how long to wait before the next look at a job."""
        return self._watch(job).next_look(self._age(job), retry_after)

    def last_look(self, job: Job) -> datetime:
        """Return when a look last found the job not done."""
        return _begun(job) + self._watch(job).last_look

    def expected(self, job: Job) -> tuple[datetime, datetime] | None:
        """Return between which times the video is expected; None while nothing was learned."""
        eta = self._watch(job).eta(self._age(job))
        if eta is None:
            return None
        now = self._clock.now()
        return now + eta.low, now + eta.high

    def longest(self, job: Job) -> timedelta:
        """Return for how long looks may find a job in its state."""
        rules = self._pacing.rules
        return rules.longest_queue if job.state is JobState.IN_QUEUE else rules.longest_render

    def done(self, job: Job) -> None:
        """Learn from a job that was just found done."""
        self._watch(job).done(self._age(job))
        self.drop(job.id)

    def drop(self, job_id: JobId) -> None:
        """Watch a job no longer, however it ended."""
        watch = self._watches.pop(job_id, None)
        if watch is not None:
            watch.dropped()

    def learn(self, job: Job) -> None:
        """Learn from a job that was done before this process began."""
        if job.submitted_at is None or job.rendered_at is None or job.last_undone_at is None:
            return
        done = Between(_seconds(job, job.last_undone_at), _seconds(job, job.rendered_at))
        left = Between(0.0, done.high)
        if job.rendering_at is not None:
            queued = _seconds(job, job.last_queued_at or job.submitted_at)
            left = Between(queued, _seconds(job, job.rendering_at))
        self._pacing.recall(left, done)

    def _watch(self, job: Job) -> Watch:
        """Return the job's watch; begin one, from what the store knows, where there is none."""
        watch = self._watches.get(job.id)
        if watch is None:
            watch = self._watches[job.id] = self._pacing.watch()
            if job.rendering_at is not None:
                if job.last_queued_at is not None:
                    watch.saw_queue(job.last_queued_at - _begun(job))
                watch.saw_render(job.rendering_at - _begun(job))
        return watch

    def _age(self, job: Job) -> timedelta:
        return self._clock.now() - _begun(job)


def _begun(job: Job) -> datetime:
    return job.submitted_at or job.created_at


def _seconds(job: Job, when: datetime) -> float:
    return (when - _begun(job)).total_seconds()

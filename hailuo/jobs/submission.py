"""The one paid request of a job: intent committed before it, its outcome recorded after it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.jobs.job import ENDS, Job, JobState
from hailuo.runcomfy.errors import RateLimitedError
from hailuo.runcomfy.models import Accepted, JobInput, Refused, RequestId, SubmitUnknown
from hailuo.store.errors import StaleMoveError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hailuo.clock import Clock
    from hailuo.jobs.line import Line
    from hailuo.runcomfy.client import RunComfyClient
    from hailuo.runcomfy.errors import RunComfyError
    from hailuo.store import Store

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(seconds=30)


class Submission:
    """Submits each job at most once, whole: cancelling whoever waits does not tear it."""

    def __init__(self, store: Store, api: RunComfyClient, line: Line, clock: Clock) -> None:
        self._store = store
        self._api = api
        self._line = line
        self._clock = clock
        self._under_way: set[asyncio.Task[None]] = set()

    async def submit(self, job: Job, given: JobInput) -> None:
        """Move an accepted job to what came of its paid request; if its turn has come, that is."""
        task = asyncio.create_task(self._submit(job, given), name=f"submit:{job.id}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.shield(task)

    async def finish(self) -> None:
        """Wait for the requests under way."""
        if self._under_way:
            log.info("waiting for paid requests", count=len(self._under_way))
            await asyncio.wait(self._under_way)

    async def _submit(self, job: Job, given: JobInput) -> None:
        job = await self._line.begin(job)
        if job.state is not JobState.SUBMITTING:
            return
        try:
            await self._send(job, given)
        finally:
            self._line.answered(job)

    async def _send(self, job: Job, given: JobInput) -> None:
        match await self._api.submit(given):
            case Accepted(request_id):
                log.info("submitted", job=job.id, request=request_id)
                await self._record(lambda: self._keep(job, request_id))
                self._line.went_through()
            case Refused(RateLimitedError() as error):
                log.warning("the API takes no more", job=job.id, error=str(error))
                await self._record(lambda: self._take_back(job, JobState.ACCEPTED, error))
                self._line.turned_away(error.retry_after)
            case Refused(error):
                log.warning("refused", job=job.id, error=str(error), reference=error.reference)
                await self._record(lambda: self._take_back(job, JobState.FAILED, error))
            case SubmitUnknown(detail):
                log.error("nobody knows whether this was paid for", job=job.id, detail=detail)
                await self._record(lambda: self._store.move(job, JobState.UNKNOWN))

    async def _keep(self, job: Job, request_id: RequestId) -> Job:
        """Record the id of the paid request, even if this worker was taken for dead meanwhile.

        Whoever took over has found the job of unknown fate; this answer clears it up.
        """
        try:
            return await self._store.move(job, JobState.IN_QUEUE, request_id=request_id)
        except StaleMoveError:
            return await self._store.resolve(job.id, request_id, None)

    async def _take_back(self, job: Job, to: JobState, error: RunComfyError) -> Job:
        """Record that the request was not taken, even if this worker was taken for dead meanwhile.

        Whoever took over has told its member of an unclear end, so that is cleared up, as above.
        """
        reason = error.wording if to in ENDS else None
        try:
            return await self._store.move(job, to, reason=reason)
        except StaleMoveError:
            return await self._store.refuse(job.id, error.wording)

    async def _record(self, write: Callable[[], Awaitable[Job]]) -> None:
        """Repeat a write until the store takes it: what it says cannot be learned again."""
        pause = FIRST_PAUSE
        while True:
            try:
                await write()
            except StoreError as error:
                if not error.retryable:
                    raise
                log.critical("a paid request is not recorded yet; trying on", error=str(error))
            else:
                return
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

"""This project's client and pacing."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from hailuo.jobs.pacing import Pacing, Rules
from hailuo.runcomfy import (
    Accepted,
    Completed,
    Failed,
    InProgress,
    InQueue,
    JobInput,
    Output,
    Refused,
    RunComfyClient,
)
from hailuo.runcomfy.errors import RateLimitedError, RequestNotFoundError, RunComfyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.race.runner import Course
    from hailuo.runcomfy import SubmitOutcome

FIRST_BACKOFF = timedelta(seconds=1)


class Token:
    """The token that every server of the race takes."""

    def get_secret_value(self) -> str:
        """Return it."""
        return "benchmark"


class Ours:
    """Submit once, then look when the pacing says; an error of a look is not the job's."""

    def __init__(self, client: RunComfyClient, speed: float) -> None:
        self._client = client
        self._speed = speed
        # Without the looks that only keep a card true, as the other clients have no card.
        self._pacing = Pacing(Rules(widest_gap=None))

    async def run(self, prompt: str) -> object:
        """Return the output, or the typed outcome that ended the job."""
        outcome = await self._submit(JobInput(prompt, "https://example.com/picture.png"))
        if not isinstance(outcome, Accepted):
            return outcome
        handle = self._client.handle(outcome.request_id)
        watch, started, asked = self._pacing.watch(), time.monotonic(), None
        while True:
            await asyncio.sleep(watch.next_look(self._age(started), asked).total_seconds())
            asked = None
            try:
                status = await handle.status()
                if isinstance(status, Completed | Failed):
                    result = await handle.result()
                    if isinstance(result, Output | Failed):
                        watch.done(self._age(started))
                        return result
            except RequestNotFoundError:
                watch.dropped()
                raise
            except RunComfyError as error:
                asked = error.retry_after or FIRST_BACKOFF
                continue
            if isinstance(status, InProgress):
                watch.saw_render(self._age(started))
            elif isinstance(status, InQueue):
                watch.saw_queue(self._age(started))

    async def _submit(self, given: JobInput) -> SubmitOutcome:
        """Submit, and come back when the API says "later", as jobs in line do."""
        while True:
            match await self._client.submit(given):
                case Refused(RateLimitedError() as error):
                    await asyncio.sleep((error.retry_after or FIRST_BACKOFF).total_seconds())
                case outcome:
                    return outcome

    def _age(self, started: float) -> timedelta:
        return timedelta(seconds=(time.monotonic() - started) * self._speed)


@asynccontextmanager
async def open_client(course: Course) -> AsyncIterator[Ours]:
    """Open the client."""
    async with RunComfyClient(Token(), course.url, "minimax/model") as client:
        yield Ours(client, course.speed)

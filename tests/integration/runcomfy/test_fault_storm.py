"""Many jobs under random faults of all kinds: none is paid twice, none is lost, none is silent.

`FAULT_STORM_JOBS=1000` runs the full count; a sample of it runs by default.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from pydantic import SecretStr

from hailuo.clock import SystemClock
from hailuo.jobs.pacing import Pacing, Rules
from hailuo.runcomfy import (
    Accepted,
    Completed,
    InProgress,
    JobHandle,
    JobInput,
    Output,
    Refused,
    RunComfyClient,
    SubmitOutcome,
    SubmitUnknown,
    errors,
)
from sandbox.runcomfy import MODEL_ID, TOKEN, RunComfySandbox
from tests.storm import let_it_storm, picture_url, shorten_patience

JOBS = int(os.environ.get("FAULT_STORM_JOBS", "150"))
AT_ONCE = 50
SPEED = 20.0


class FastClock(SystemClock):
    """A clock on which everything takes a twentieth of the time, like the stand-in's."""

    def monotonic(self) -> float:
        """Return fast seconds."""
        return super().monotonic() * SPEED

    async def sleep(self, duration: timedelta) -> None:
        """Wait for so many fast seconds."""
        await asyncio.sleep(duration.total_seconds() / SPEED)


@dataclass
class Ended:
    """What became of one job, as its submitter knows it."""

    submit: SubmitOutcome
    result: object = None


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_patience(monkeypatch, 1.0)


async def follow(handle: JobHandle, pacing: Pacing, clock: FastClock) -> object:
    """Look until the result is there; an error of a look is never the job's end."""
    watch, start = pacing.watch(), clock.monotonic()

    def age() -> timedelta:
        return timedelta(seconds=clock.monotonic() - start)

    asked: timedelta | None = None
    while True:
        await clock.sleep(watch.next_look(age(), asked))
        asked = None
        try:
            status = await handle.status()
            if isinstance(status, InProgress):
                watch.saw_render(age())
            if isinstance(status, Completed) and isinstance(
                result := await handle.result(), Output
            ):
                watch.done(age())
                return result
        except errors.RunComfyError as error:
            # Retry-After is in real seconds, for the server's clock of faults is not a fast one.
            asked = error.retry_after * SPEED if error.retry_after else None


@pytest.mark.timeout(120 + JOBS)
async def test_no_job_is_paid_twice_none_is_lost_and_every_lost_answer_is_typed() -> None:
    settings = {"queue_s": [0.5, 4], "render_s": [2, 8], "time_scale": SPEED, "seed": 7}
    clock, ended = FastClock(), dict[int, Ended]()
    pacing = Pacing(Rules(), random.Random(7))  # seeded
    room = asyncio.Semaphore(AT_ONCE)
    image_url = picture_url()

    async with (
        RunComfySandbox(settings=settings) as sandbox,
        RunComfyClient(SecretStr(TOKEN), sandbox.url, MODEL_ID, clock=clock) as client,
    ):

        async def live(number: int) -> None:
            async with room:
                outcome = await client.submit(JobInput(f"job {number}", image_url))
                ended[number] = Ended(outcome)
                if isinstance(outcome, Accepted):
                    handle = client.handle(outcome.request_id)
                    ended[number].result = await follow(handle, pacing, clock)

        let_it_storm(sandbox)
        async with asyncio.timeout(60 + JOBS), asyncio.TaskGroup() as jobs:
            for number in range(JOBS):
                jobs.create_task(live(number), name=f"job:{number}")
        ledger = sandbox.state.ledger
        taken = Counter(made.input.prompt for made in sandbox.state.farm.generations.values())

    assert len(ended) == JOBS
    kinds = Counter(type(job.submit).__name__ for job in ended.values())
    assert set(kinds) == {"Accepted", "Refused", "SubmitUnknown"}  # the storm did blow
    for number, job in ended.items():
        paid = taken[f"job {number}"]
        match job.submit:
            case Accepted():
                assert paid == 1
                assert isinstance(job.result, Output)
            case Refused():
                assert paid == 0
            case SubmitUnknown():
                assert paid <= 1
    assert ledger.suspicions == []

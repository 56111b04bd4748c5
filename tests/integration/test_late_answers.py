"""The answer to a paid request that comes after its worker was taken for dead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState, UserId, WorkerId
from hailuo.jobs.line import Line
from hailuo.jobs.submission import Submission
from hailuo.runcomfy.errors import InvalidModelError, RateLimitedError
from hailuo.runcomfy.models import Accepted, JobInput, Refused, RequestId
from hailuo.store import Store
from tests.clocks import ManualClock
from tests.jobs import LIMITS, ME, PICTURE, request_by, take_over

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.runcomfy.models import SubmitOutcome

OTHER, NEXT = WorkerId("worker-2"), WorkerId("worker-3")


class SlowApi:
    """Answers after another worker has taken over and told everybody of an unclear end."""

    def __init__(self, store: Store, answer: SubmitOutcome) -> None:
        self.store = store
        self.answer = answer

    async def submit(self, given: JobInput) -> SubmitOutcome:
        """Let the others act, then answer."""
        del given
        (job,) = await take_over(self.store, OTHER)
        assert job.state is JobState.UNKNOWN
        await self.store.announce(job)
        return self.answer


@pytest.mark.parametrize(
    ("answer", "state", "used"),
    [
        (Accepted(RequestId("r-1")), JobState.IN_QUEUE, 1),
        (Refused(InvalidModelError("no such model")), JobState.FAILED, 0),
        (Refused(RateLimitedError("later", retry_after=timedelta(0))), JobState.FAILED, 0),
    ],
)
async def test_it_clears_the_job_up_for_whoever_claims_next(
    tmp_path: Path, answer: SubmitOutcome, state: JobState, used: int
) -> None:
    clock = ManualClock()
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", clock) as store:
        await store.enlist(ME)
        job = await store.accept(request_by(), PICTURE, LIMITS, ME)
        api = SlowApi(store, answer)
        submission = Submission(store, api, Line(store, LIMITS, clock), clock)  # pyright: ignore[reportArgumentType]  # all that is asked of it
        await submission.submit(job, JobInput("waves", "https://cdn.discordapp.com/a.png"))
        (claimed,) = await take_over(store, NEXT)
        assert (claimed.state, claimed.announced) == (state, False)
        assert (await store.usage(UserId(1), None, LIMITS)).used == used

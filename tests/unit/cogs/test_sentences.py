"""What is said of a job is true of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cogs.cancel import outcome
from cogs.ui.language import language_of
from cogs.ui.sentences import done_line, end_line, stage_lines
from hailuo.jobs.job import Job, JobState, job_id_of
from hailuo.store.unknowns import RELEASED
from hailuo.wording import Wording
from tests.clocks import ManualClock
from tests.jobs import ME, PICTURE, request_by

COUNTS = ("it counts", "and counts", "It counted", "counted as one", "counts as one")


@pytest.mark.parametrize("given_back", [False, True])
@pytest.mark.parametrize("state", [JobState.IN_PROGRESS, JobState.DELIVERING, JobState.KEPT])
def test_a_job_that_was_given_back_and_went_on_is_not_said_to_count(
    state: JobState, given_back: bool
) -> None:
    """An operator may find its request long after its member had it back."""
    now, say = ManualClock().now(), language_of(None)
    job = Job(job_id_of(1), request_by(), PICTURE, state, now, now, ME, cancel_asked_at=now)
    if given_back:
        job = replace(job, reason=Wording(RELEASED))
    card = {
        JobState.IN_PROGRESS: "\n".join(stage_lines(job, None, say)),
        JobState.DELIVERING: done_line(job, say),
        JobState.KEPT: end_line(job),
    }[state]
    for text in (card, outcome(job)):
        assert any(words in text for words in COUNTS) is not given_back

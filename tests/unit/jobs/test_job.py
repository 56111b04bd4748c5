"""Job states, moves and ids."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hailuo.jobs.job import (
    CANCELLABLE,
    ENDS,
    JOB_ID_PATTERN,
    LIVE,
    MOVES,
    JobState,
    job_id_of,
)

snowflakes = st.integers(min_value=0, max_value=2**64 - 1)


@given(snowflakes)
def test_an_id_is_13_characters_that_fit_anywhere(interaction_id: int) -> None:
    assert re.fullmatch(JOB_ID_PATTERN, job_id_of(interaction_id))


@given(snowflakes, snowflakes)
def test_ids_are_as_distinct_and_as_ordered_as_interactions(one: int, other: int) -> None:
    assert (one < other) == (job_id_of(one) < job_id_of(other))
    assert (one == other) == (job_id_of(one) == job_id_of(other))


def test_every_state_has_its_moves_and_every_live_one_a_way_on() -> None:
    assert set(MOVES) == set(JobState)
    assert all(MOVES[state] for state in LIVE)


def test_ends_are_final_but_for_unknown() -> None:
    """``unknown`` alone may be resolved, by hand."""
    assert {state for state in ENDS if MOVES[state]} == {JobState.UNKNOWN}


def test_nothing_leads_back_to_the_paid_request_once_it_may_have_been_sent() -> None:
    """Only a job that provably was not taken may go back to ``accepted``."""
    into_submitting = {state for state, to in MOVES.items() if JobState.SUBMITTING in to}
    into_accepted = {state for state, to in MOVES.items() if JobState.ACCEPTED in to}
    assert into_submitting == {JobState.ACCEPTED}
    assert into_accepted == {JobState.SUBMITTING}


def test_what_can_be_cancelled_is_live() -> None:
    assert CANCELLABLE < LIVE

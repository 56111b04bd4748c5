"""Jobs in the store: accepted once, moved by their owner alone, claimed after a restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import MOVES, JobState, UserId, Video, WorkerId
from hailuo.store.errors import IllegalMoveError, StaleMoveError
from tests.jobs import LIMITS, ME, PICTURE, request_by, take_over

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from hailuo.store import Store
    from tests.clocks import ManualClock

VIDEO = Video("v.mp4", "https://files.runcomfy.net/v.mp4", 1234, 1366, 768, 5.6)
TO_QUEUE = (JobState.SUBMITTING, JobState.IN_QUEUE)


async def accepted(store: Store, user: int = 1) -> Job:
    return await store.accept(request_by(user), PICTURE, LIMITS, ME)


async def moved(store: Store, *states: JobState) -> Job:
    job = await accepted(store)
    for state in states:
        job = await store.move(job, state)
    return job


async def test_what_was_accepted_is_read_back_as_it_was(store: Store) -> None:
    request = request_by()
    job = await store.accept(request, PICTURE, LIMITS, ME)
    assert await store.job(job.id) == job
    assert (job.request, job.picture, job.state) == (request, PICTURE, JobState.ACCEPTED)


async def test_the_same_interaction_100_times_is_one_job(store: Store) -> None:
    request = request_by()
    jobs = await asyncio.gather(*(store.accept(request, PICTURE, LIMITS, ME) for _ in range(100)))
    assert len({job.id for job in jobs}) == 1
    assert (await store.usage(UserId(1), None, LIMITS)).used == 1


async def test_a_move_is_written_with_its_time_and_facts(store: Store, clock: ManualClock) -> None:
    job = await moved(store, JobState.SUBMITTING)
    await clock.advance(timedelta(seconds=3))
    job = await store.move(job, JobState.IN_QUEUE, request_id="r-1")
    assert (job.request_id, job.submitted_at) == ("r-1", clock.now())
    await clock.advance(timedelta(seconds=5))
    job = await store.move(job, JobState.IN_PROGRESS, last_look=job.submitted_at)
    assert (job.rendering_at, job.last_queued_at) == (clock.now(), job.submitted_at)
    job = await store.move(job, JobState.FETCHING, last_look=job.rendering_at)
    assert (job.rendered_at, job.last_undone_at) == (clock.now(), clock.now())
    job = await store.move(job, JobState.DELIVERING, video=VIDEO)
    job = await store.move(job, JobState.DELIVERED)
    assert (job.video, job.finished_at, job.announced) == (VIDEO, clock.now(), False)


async def test_a_video_that_is_fetched_again_was_rendered_when_it_was(
    store: Store, clock: ManualClock
) -> None:
    job = await moved(store, *_path(JobState.DELIVERING))
    await clock.advance(timedelta(hours=3))
    again = await store.move(job, JobState.FETCHING)
    assert (again.rendered_at, again.state_at) == (job.rendered_at, clock.now())
    assert job.rendered_at is not None


@pytest.mark.parametrize("state", list(JobState))
async def test_only_the_moves_of_the_table_are_written(store: Store, state: JobState) -> None:
    job = await moved(store, *_path(state))
    for to in set(JobState) - MOVES[state]:
        with pytest.raises(IllegalMoveError):
            await store.move(job, to)
    assert await store.job(job.id) == job


async def test_a_move_from_a_state_that_has_passed_is_refused(store: Store) -> None:
    job = await accepted(store)
    await store.move(job, JobState.SUBMITTING)
    with pytest.raises(StaleMoveError):
        await store.move(job, JobState.CANCELLED)


async def test_a_move_by_somebody_who_no_longer_owns_the_job_is_refused(store: Store) -> None:
    job = await accepted(store)
    await take_over(store, WorkerId("worker-2"))
    with pytest.raises(StaleMoveError):
        await store.move(job, JobState.SUBMITTING)


async def test_a_restart_claims_what_is_unsettled_and_nothing_else(store: Store) -> None:
    live = await moved(store, *TO_QUEUE)
    untold = await moved(store, JobState.CANCELLED)
    settled = await store.announce(await moved(store, JobState.CANCELLED))
    claimed = await take_over(store, WorkerId("worker-2"))
    assert {job.id for job in claimed} == {live.id, untold.id}
    assert settled.id not in {job.id for job in claimed}
    assert {job.owner for job in claimed} == {"worker-2"}


async def test_a_restart_makes_unknown_what_was_being_submitted(store: Store) -> None:
    """The request may have been sent; it is never sent again, and its quota stays held."""
    job = await moved(store, JobState.SUBMITTING)
    (claimed,) = await take_over(store, WorkerId("worker-2"))
    assert (claimed.id, claimed.state) == (job.id, JobState.UNKNOWN)
    assert (await store.usage(UserId(1), None, LIMITS)).used == 1


async def test_the_first_wish_to_cancel_is_kept(store: Store) -> None:
    job = await accepted(store)
    first = await store.ask_cancel(job.id, UserId(1))
    again = await store.ask_cancel(job.id, UserId(2))
    assert first is not None
    assert again is not None
    assert (again.cancel_asked_by, again.cancel_asked_at) == (1, first.cancel_asked_at)


async def test_a_job_that_has_ended_cannot_be_asked_to_cancel(store: Store) -> None:
    job = await moved(store, JobState.FAILED)
    asked = await store.ask_cancel(job.id, UserId(1))
    assert asked is not None
    assert asked.cancel_asked_at is None


async def test_a_job_is_found_by_its_card(store: Store) -> None:
    job = await accepted(store)
    message_id = job.request.card.message_id
    assert message_id is not None
    assert await store.job_on(message_id) == job
    assert await store.job_on(42) is None


async def test_what_was_learned_about_a_card_is_kept(store: Store) -> None:
    job = await accepted(store)
    await store.remember_card(job.id, message_id=5, memory={"gone": ["token"]})
    kept = await store.job(job.id)
    assert kept is not None
    assert (kept.request.card.message_id, kept.request.card.memory) == (5, {"gone": ["token"]})


def _path(to: JobState) -> tuple[JobState, ...]:
    """Return moves that lead from ``accepted`` to a state."""
    paths: dict[JobState, tuple[JobState, ...]] = {JobState.ACCEPTED: ()}
    queue = [JobState.ACCEPTED]
    for state in queue:
        for after in sorted(MOVES[state]):
            if after not in paths:
                paths[after] = (*paths[state], after)
                queue.append(after)
    return paths[to]

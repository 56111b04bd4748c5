"""Jobs of unknown fate: resolved by an operator, or released, and never charged twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import Job, JobId, JobState, UserId, WorkerId
from hailuo.store.errors import NotUnknownError, RequestTakenError, StaleMoveError
from hailuo.wording import Wording
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from hailuo.store import Store
    from tests.clocks import ManualClock

OPERATORS_WORKER = WorkerId("worker-2")
TO_THE_END = (
    JobState.IN_PROGRESS,
    JobState.FETCHING,
    JobState.DELIVERING,
    JobState.DELIVERED,
)


async def unknown(store: Store) -> Job:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    job = await store.move(job, JobState.SUBMITTING)
    return await store.announce(await store.move(job, JobState.UNKNOWN))


async def used(store: Store) -> tuple[int, int]:
    usage = await store.usage(UserId(1), None, LIMITS)
    return usage.used, usage.today


async def test_a_resolved_job_goes_on_and_is_charged_once(store: Store) -> None:
    job = await unknown(store)
    resolved = await store.resolve(job.id, "r-1", OPERATORS_WORKER)
    assert (resolved.state, resolved.request_id) == (JobState.IN_QUEUE, "r-1")
    assert (resolved.owner, resolved.announced) == (OPERATORS_WORKER, False)
    assert resolved.finished_at is None
    for state in TO_THE_END:
        resolved = await store.move(resolved, state)
    assert await used(store) == (1, 1)


async def test_a_resolved_job_stands_on_the_bill_of_the_day_it_was_sent(
    store: Store, clock: ManualClock
) -> None:
    """Its age counts from then too, or pacing would learn how soon it was found out, not made."""
    job = await unknown(store)
    lost_at = clock.now()
    await clock.advance(timedelta(days=2))
    resolved = await store.resolve(job.id, "r-1", OPERATORS_WORKER)
    assert resolved.submitted_at == lost_at
    for state in TO_THE_END:
        resolved = await store.move(resolved, state)
    assert await used(store) == (0, 0)


async def test_a_released_job_counts_no_more_for_its_member_but_on_the_bill(store: Store) -> None:
    job = await unknown(store)
    released = await store.release(job.id, OPERATORS_WORKER)
    assert await used(store) == (0, 1)
    assert released is not None
    assert (released.owner, released.announced) == (OPERATORS_WORKER, False)
    assert await store.release(job.id, OPERATORS_WORKER) is None


async def test_what_is_released_while_its_card_is_drawn_is_drawn_again(store: Store) -> None:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    job = await store.move(await store.move(job, JobState.SUBMITTING), JobState.UNKNOWN)
    released = await store.release(job.id, ME)
    with pytest.raises(StaleMoveError):
        await store.announce(job)
    found = await store.job(job.id)
    assert found == released
    assert found is not None
    assert not found.announced


async def test_a_job_released_first_and_resolved_later_is_not_charged_again(store: Store) -> None:
    job = await unknown(store)
    await store.release(job.id, ME)
    resolved = await store.resolve(job.id, "r-1", ME)
    for state in TO_THE_END:
        resolved = await store.move(resolved, state)
    assert await used(store) == (0, 1)


async def test_a_job_refused_after_all_is_failed_and_given_back(store: Store) -> None:
    job = await unknown(store)
    refused = await store.refuse(job.id, Wording("RunComfy does not take this."))
    assert (refused.state, refused.owner, refused.announced) == (JobState.FAILED, None, False)
    assert await used(store) == (0, 1)
    with pytest.raises(NotUnknownError, match="failed"):
        await store.refuse(job.id, Wording("RunComfy does not take this."))


async def test_time_releases_the_member_alone(store: Store, clock: ManualClock) -> None:
    job = await unknown(store)
    assert await store.release_unknown(clock.now() - timedelta(hours=1), ME) == []
    await clock.advance(timedelta(hours=2))
    (released,) = await store.release_unknown(clock.now() - timedelta(hours=1), ME)
    assert released.id == job.id
    assert await store.release_unknown(clock.now(), ME) == []
    assert await used(store) == (0, 1)


async def test_time_releases_nothing_that_the_operators_were_not_told_of(
    store: Store, clock: ManualClock
) -> None:
    """However long the bot was down: a job that was decided on alarms nobody any more."""
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    job = await store.move(await store.move(job, JobState.SUBMITTING), JobState.UNKNOWN)
    await clock.advance(timedelta(hours=25))
    assert await store.release_unknown(clock.now(), ME) == []
    await store.announce(job)
    assert [each.id for each in await store.release_unknown(clock.now(), ME)] == [job.id]


async def test_only_a_job_of_unknown_fate_is_decided_on(store: Store) -> None:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    with pytest.raises(NotUnknownError, match="accepted"):
        await store.resolve(job.id, "r-1", ME)
    with pytest.raises(NotUnknownError):
        await store.release(job.id, ME)
    with pytest.raises(NotUnknownError, match="not known here"):
        await store.resolve(JobId("0" * 13), "r-1", ME)


async def test_one_request_is_one_jobs(store: Store) -> None:
    first, second = await unknown(store), await unknown(store)
    await store.resolve(first.id, "r-1", ME)
    with pytest.raises(RequestTakenError, match=first.id):
        await store.resolve(second.id, "r-1", ME)

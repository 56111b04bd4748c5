"""Deleting: what is stored of a job goes, what the ledgers need stays."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState, UserId
from hailuo.store.errors import NotUnknownError
from tests.integration.store.conftest import LIMITS, ME, PICTURE, request_by
from tests.integration.store.test_jobs import VIDEO

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from hailuo.store import Store

TO_DELIVERY = (
    JobState.SUBMITTING,
    JobState.IN_QUEUE,
    JobState.IN_PROGRESS,
    JobState.FETCHING,
)


async def delivered(store: Store, user: int = 1) -> Job:
    job = await store.accept(request_by(user), PICTURE, LIMITS, ME)
    for state in TO_DELIVERY:
        job = await store.move(job, state, request_id=f"r-{job.id}")
    job = await store.move(job, JobState.DELIVERING, video=VIDEO)
    return await store.announce(await store.move(job, JobState.DELIVERED))


async def stored(store: Store, job: Job) -> Job:
    found = await store.job(job.id)
    assert found is not None
    return found


async def test_a_deleted_job_keeps_nothing_of_what_its_member_gave(store: Store) -> None:
    job = await delivered(store)
    assert await store.mark_deleted(job)
    husk = await stored(store, job)
    text = repr(asdict(husk))
    for secret in (job.request.prompt, job.request.card.token, "v.mp4", "r-0", PICTURE.name):
        assert secret not in text
    assert husk.deleted_at is not None
    assert (husk.video, husk.request.card.message_id, husk.request.channel_id) == (None, None, 0)


async def test_deleting_gives_no_quota_back_and_frees_no_bill(store: Store) -> None:
    job = await delivered(store)
    before = await store.usage(UserId(1), None, LIMITS)
    await store.mark_deleted(job)
    assert await store.usage(UserId(1), None, LIMITS) == before
    assert before.used == before.today == 1


async def test_deleting_twice_changes_nothing(store: Store) -> None:
    job = await delivered(store)
    await store.mark_deleted(job)
    first = await stored(store, job)
    assert not await store.mark_deleted(job)
    assert await stored(store, job) == first


@pytest.mark.parametrize("moves", [TO_DELIVERY[:length] for length in range(5)])
async def test_a_live_job_is_not_deleted(store: Store, moves: tuple[JobState, ...]) -> None:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    for state in moves:
        job = await store.move(job, state)
    assert not await store.is_decided(job)
    assert not await store.mark_deleted(job)
    assert await store.job(job.id) == job


async def test_a_job_of_unknown_fate_is_deleted_only_once_it_is_released(store: Store) -> None:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    job = await store.move(await store.move(job, JobState.SUBMITTING), JobState.UNKNOWN)
    assert not await store.is_decided(job)
    assert not await store.mark_deleted(job)
    await store.release(job.id, ME)
    assert await store.mark_deleted(job)
    assert (await stored(store, job)).announced
    with pytest.raises(NotUnknownError, match="deleted"):
        await store.resolve(job.id, "r-1", ME)

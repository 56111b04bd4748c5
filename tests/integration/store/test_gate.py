"""The gate to a paid request, on both engines: as many as may, the fair one first, exactly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState, UserId, WorkerId
from hailuo.store import Store
from hailuo.store.errors import IllegalMoveError, StaleMoveError
from tests.jobs import LIMITS, ME, PICTURE, request_by, take_over

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.clocks import ManualClock

ONE = replace(LIMITS, live_per_server=1)


async def in_line(
    store: Store, clock: ManualClock, *users: int, guild: int | None = 7
) -> list[Job]:
    """Have members stand in line one after another."""
    jobs: list[Job] = []
    for user in users:
        job = await store.accept(request_by(user, guild=guild), PICTURE, LIMITS, ME)
        jobs.append(await store.line.join(job))
        await clock.advance(timedelta(seconds=1))
    return jobs


async def ends(store: Store, job: Job) -> None:
    """Let a job that has begun come to its end."""
    await store.move(job, JobState.FAILED)


async def test_members_take_turns_while_one_job_may_run(store: Store, clock: ManualClock) -> None:
    """Of three by one and one by another, the other's is second, though it came last."""
    jobs = await in_line(store, clock, 1, 1, 1, 2)
    began: list[int] = []
    while len(began) < len(jobs):
        tries = [await store.line.begin(job, ONE) for job in jobs if jobs.index(job) not in began]
        (begun,) = [job for job in tries if job.state is JobState.SUBMITTING]
        began.append([job.id for job in jobs].index(begun.id))
        await ends(store, begun)
    assert began == [0, 1, 2, 3]  # with nothing running, the oldest is first

    first, second, other = await in_line(store, clock, 1, 1, 2)
    two = replace(LIMITS, live_per_server=2)
    assert (await store.line.begin(first, two)).state is JobState.SUBMITTING
    assert (await store.line.begin(second, two)).state is JobState.ACCEPTED
    assert (await store.line.begin(other, two)).state is JobState.SUBMITTING


async def test_only_those_there_is_room_for_begin_and_the_next_when_one_ends(
    store: Store, clock: ManualClock
) -> None:
    first, second = await in_line(store, clock, 1, 2)
    assert (await store.line.begin(second, ONE)).state is JobState.ACCEPTED
    begun = await store.line.begin(first, ONE)
    assert begun.state is JobState.SUBMITTING
    assert (await store.line.begin(second, ONE)).state is JobState.ACCEPTED
    await ends(store, begun)
    assert (await store.line.begin(second, ONE)).state is JobState.SUBMITTING


async def test_servers_and_dms_do_not_wait_for_each_other(store: Store, clock: ManualClock) -> None:
    for guild in (7, 8, None, None):
        (job,) = await in_line(store, clock, 1, guild=guild)
        assert (await store.line.begin(job, ONE)).state is JobState.SUBMITTING


async def test_a_job_whose_card_is_not_drawn_yet_holds_nobody_up(
    store: Store, clock: ManualClock
) -> None:
    await store.accept(request_by(1), PICTURE, LIMITS, ME)
    (ready,) = await in_line(store, clock, 2)
    assert (await store.line.begin(ready, ONE)).state is JobState.SUBMITTING


async def test_whom_the_api_turns_away_is_where_it_was(store: Store, clock: ManualClock) -> None:
    first, second = await in_line(store, clock, 1, 2)
    begun = await store.line.begin(first, ONE)
    back = await store.move(begun, JobState.ACCEPTED)
    assert back.lined_up_at == first.lined_up_at
    assert (await store.line.begin(second, ONE)).state is JobState.ACCEPTED
    assert (await store.line.begin(back, ONE)).state is JobState.SUBMITTING


async def test_nothing_begins_that_was_cancelled_or_while_the_bot_is_paused(
    store: Store, clock: ManualClock
) -> None:
    (job,) = await in_line(store, clock, 1)
    await store.pause(paused=True)
    assert (await store.line.begin(job, ONE)).state is JobState.ACCEPTED
    assert (await store.line.read()).paused
    await store.pause(paused=False)
    await store.ask_cancel(job.id, UserId(1))
    assert (await store.line.begin(job, ONE)).state is JobState.ACCEPTED
    await store.move(job, JobState.CANCELLED)
    usage = await store.usage(UserId(1), None, ONE)
    assert (usage.used, usage.today, usage.waiting_of_user) == (0, 0, 0)


async def test_the_line_is_kept_over_a_restart(store: Store, clock: ManualClock) -> None:
    jobs = await in_line(store, clock, 1, 1, 2)
    taken = await take_over(store, WorkerId("worker-2"))
    assert [job.lined_up_at for job in taken] == [job.lined_up_at for job in jobs]
    for job in jobs:
        with pytest.raises(StaleMoveError):
            await store.line.begin(job, ONE)
    assert (await store.line.begin(taken[2], ONE)).state is JobState.ACCEPTED
    begun = await store.line.begin(taken[0], ONE)
    assert begun.state is JobState.SUBMITTING
    with pytest.raises(IllegalMoveError):
        await store.line.begin(begun, ONE)


async def test_a_reading_tells_who_waits_and_what_runs(store: Store, clock: ManualClock) -> None:
    first, second, third = await in_line(store, clock, 1, 1, 2)
    assert (await store.line.begin(first, ONE)).state is JobState.SUBMITTING
    ((guild, line, running),) = (await store.line.read()).by_server()
    assert (guild, running) == (7, 1)
    assert [one.job_id for one in line] == [third.id, second.id]
    usage = await store.usage(UserId(1), first.request.guild_id, ONE)
    assert (usage.live_of_user, usage.waiting_of_user) == (2, 1)
    assert (usage.live_in_server, usage.waiting_in_server) == (3, 2)


async def test_two_processes_at_the_gate_let_through_exactly_as_many_as_may(
    postgres_url: str, clock: ManualClock
) -> None:
    """Each job tries in both, all at once; five may run."""
    five = replace(LIMITS, live_per_server=5)
    async with Store.open(postgres_url, clock) as one, Store.open(postgres_url, clock) as other:
        jobs = await in_line(one, clock, *range(1, 13))
        stores = [one, other] * 6
        tries = [store.line.begin(job, five) for store, job in zip(stores, jobs, strict=True)]
        begun = [job for job in await asyncio.gather(*tries) if job.state is JobState.SUBMITTING]
        assert {job.id for job in begun} <= {job.id for job in jobs[:5]}
        again = [
            store.line.begin(job, five)
            for store, job in zip(stores, jobs, strict=True)
            if job.id not in {b.id for b in begun}
        ]
        begun += [job for job in await asyncio.gather(*again) if job.state is JobState.SUBMITTING]
        assert {job.id for job in begun} == {job.id for job in jobs[:5]}

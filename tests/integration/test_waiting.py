"""The line of one process: it wakes who may begin, at once, and asks no more than it must."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState
from hailuo.jobs.line import BREATH, CALL_AGAIN, READ_ALONE, Line
from hailuo.jobs.presenter import Behind, Place
from hailuo.store import Store
from tests.clocks import ManualClock, settle
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from hailuo.jobs.job import Job

CAP = 2
MANY = replace(LIMITS, live_per_server=CAP, per_day=None)


class House:
    """A line with its store, and who was woken."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store = store
        self.clock = clock
        self.line = Line(store, MANY, clock, random.Random(7))
        self.poked: list[str] = []
        self.readings = 0
        self.is_reading = False
        read = store.line.read

        async def counted() -> object:
            self.readings += 1
            self.is_reading = True
            try:
                return await read()
            finally:
                self.is_reading = False

        store.line.read = counted  # pyright: ignore[reportAttributeAccessIssue]

    async def comes(self, user: int, *, guild: int | None = 7) -> Job:
        """Have a job ask for its turn; return it as it is then."""
        job = await self.store.accept(request_by(user, guild=guild), PICTURE, MANY, ME)
        return await self.tries(job)

    async def tries(self, job: Job) -> Job:
        """Have a job try to begin."""
        return await self.line.begin(job)

    async def woken(self, after: timedelta = BREATH) -> list[str]:
        """Return who is woken within a time."""
        self.poked.clear()
        await self._rests()
        await self.clock.advance(after)
        await self._rests()
        return list(self.poked)

    async def _rests(self) -> None:
        """Wait until the line has read what it will while the clock stands still."""
        async with asyncio.timeout(10):
            while True:
                await settle()
                if not self.is_reading and (self.clock.sleepers or not self.line._stirred.is_set()):
                    return
                await asyncio.sleep(0.001)  # a reading is a thread's work

    async def ends(self, job: Job) -> None:
        """Let a job that has begun come to its end."""
        await self.store.move(job, JobState.FAILED)
        self.line.answered(job)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    clock = ManualClock()
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", clock) as store:
        house = House(store, clock)
        running = asyncio.create_task(house.line.run(house.poked.append))
        yield house
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_next_in_line_is_woken_when_one_ends_and_the_others_learn_their_place(
    house: House,
) -> None:
    first, second, third, fourth = [await house.comes(user) for user in (1, 2, 3, 4)]
    assert [job.state for job in (first, second, third)] == [
        JobState.SUBMITTING,
        JobState.SUBMITTING,
        JobState.ACCEPTED,
    ]
    assert await house.woken() == [third.id, fourth.id]
    assert not house.line.calls(third)
    assert house.line.tell_place(third) == Place(1, Behind.SERVER)
    assert house.line.tell_place(fourth) == Place(2, Behind.SERVER)
    assert await house.woken() == []
    await house.ends(first)
    await house.woken()
    assert house.line.calls(third)
    assert (await house.tries(third)).state is JobState.SUBMITTING
    house.line.stir()
    assert await house.woken() == [fourth.id]
    assert house.line.tell_place(fourth) == Place(1, Behind.SERVER)


async def test_nobody_waits_and_nothing_is_read(house: House) -> None:
    await house.comes(1)
    house.line.stir()
    await house.woken(timedelta(hours=1))
    assert house.readings == 0


async def test_a_hundred_who_wait_cost_one_reading_now_and_then(house: House) -> None:
    """Their cards are told of each step near the head, and of each tenth of the way behind."""
    jobs = [await house.comes(user) for user in range(1, 103)]
    await house.woken()
    for job in jobs[CAP:]:
        house.line.tell_place(job)
    house.readings = 0
    assert await house.woken(10 * READ_ALONE) == []
    assert house.readings <= 11
    await house.ends(jobs[0])
    assert await house.woken() == [jobs[CAP].id]
    await house.tries(jobs[CAP])
    house.line.stir()
    assert await house.woken() == [job.id for job in jobs[CAP + 1 : CAP + 21]]


async def test_after_a_later_nobody_is_sent_before_it_is_over_and_then_one_by_one(
    house: House,
) -> None:
    first = await house.comes(1, guild=None)
    house.line.turned_away(timedelta(seconds=60))
    back = await house.store.move(first, JobState.ACCEPTED)
    house.line.answered(back)
    assert not house.line.calls(back)
    second = await house.comes(2)
    third = await house.comes(3)
    assert second.state is JobState.ACCEPTED
    assert set(await house.woken()) == {first.id, second.id, third.id}
    assert house.line.tell_place(second) == Place(2, Behind.API)
    house.line.tell_place(back)
    house.line.tell_place(third)
    assert await house.woken(timedelta(seconds=55)) == []
    assert await house.woken(timedelta(seconds=12)) == [first.id]
    assert (await house.tries(third)).state is JobState.ACCEPTED
    begun = await house.tries(back)
    assert begun.state is JobState.SUBMITTING
    house.line.stir()
    await house.woken()
    assert not house.line.calls(second)
    house.line.went_through()
    house.line.answered(begun)
    assert second.id in await house.woken()
    assert house.line.calls(second)
    assert not house.line.calls(third)


async def test_who_does_not_come_forward_is_passed_over(house: House) -> None:
    """Its card may be out of reach for a while; the others need not wait for that."""
    first = await house.comes(1)
    house.line.turned_away(timedelta(seconds=10))
    back = await house.store.move(first, JobState.ACCEPTED)
    house.line.answered(back)
    house.line.calls(back)
    second = await house.comes(2)
    await house.woken(timedelta(seconds=15))
    assert house.line.calls(back)
    assert not house.line.calls(second)
    await house.woken(CALL_AGAIN + READ_ALONE)
    assert house.line.calls(second)


async def test_paused_everybody_keeps_their_place(house: House) -> None:
    job = await house.store.accept(request_by(1), PICTURE, LIMITS, ME)
    await house.store.pause(paused=True)
    job = await house.tries(job)
    assert job.state is JobState.ACCEPTED
    assert await house.woken() == [job.id]
    assert house.line.tell_place(job) == Place(1, Behind.PAUSE)
    await house.store.pause(paused=False)
    assert await house.woken(timedelta(seconds=3)) == [job.id]
    assert (await house.tries(job)).state is JobState.SUBMITTING


async def test_a_job_that_was_cancelled_or_taken_over_is_forgotten(house: House) -> None:
    for user in (1, 2):
        await house.comes(user)
    job = await house.comes(3)
    await house.woken()
    await house.store.move(job, JobState.CANCELLED)
    house.line.stir()
    await house.woken()
    assert house.line.tell_place(job) is None

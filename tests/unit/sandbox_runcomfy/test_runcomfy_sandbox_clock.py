"""The stand-in's clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox.runcomfy.clock import Clock, iso

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    running = Clock()
    yield running
    running.stop()


async def test_alarms_ring_in_order_with_the_moment_they_were_set_for(clock: Clock) -> None:
    start = clock.now()
    late, early = clock.alarm(start + 200), clock.alarm(start + 100)

    clock.advance(150)
    assert await early == start + 100
    assert not late.done()

    clock.advance(100)
    assert await late == start + 200


async def test_a_past_alarm_rings_at_once(clock: Clock) -> None:
    assert clock.alarm(clock.now() - 1).done()


async def test_a_fast_clock_rings_sleeping_alarms_sooner(clock: Clock) -> None:
    alarm = clock.alarm(clock.now() + 3600)

    clock.run_at(1_000_000)

    async with asyncio.timeout(5):
        await alarm


async def test_time_goes_on_from_where_it_was_when_the_pace_changes(clock: Clock) -> None:
    clock.advance(1000)
    before = clock.now()

    clock.run_at(0.001)

    assert before <= clock.now() < before + 1


async def test_an_alarm_rung_early_and_a_dropped_one_do_not_hold_up_others(clock: Clock) -> None:
    start = clock.now()
    alarms = [clock.alarm(start + seconds) for seconds in (10, 20, 30)]
    alarms[0].set_result(start)
    alarms[1].cancel()

    clock.advance(31)

    assert await alarms[2] == start + 30


def test_moments_are_written_in_utc() -> None:
    assert iso(0.25) == "1970-01-01T00:00:00.250Z"
    assert iso(None) is None

"""Quota and bill: held once, settled once, safe against races, and the database says so too."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from hailuo.jobs.job import GuildId, JobState, UserId
from hailuo.quotas import (
    DayIsFullError,
    Limits,
    PausedError,
    QuotaError,
    QuotaExhaustedError,
    ServerBusyError,
    TooManyFailuresError,
    TooManyLiveError,
)
from hailuo.store.errors import StoreError
from hailuo.store.tables import jobs, member_ledger, operator_ledger
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from hailuo.store import Store
    from tests.clocks import ManualClock

USER = UserId(1)
SENT = (JobState.SUBMITTING, JobState.IN_QUEUE)
RENDERED = (*SENT, JobState.IN_PROGRESS, JobState.FETCHING, JobState.DELIVERING)


async def run_to(store: Store, *states: JobState, user: int = 1) -> None:
    job = await store.accept(request_by(user), PICTURE, LIMITS, ME)
    for state in states:
        job = await store.move(job, state)


async def counts(store: Store) -> tuple[int, ...]:
    """Return how many jobs, member lines and operator lines there are."""
    return await store._database.read(
        lambda connection: tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (jobs, member_ledger, operator_ledger)
        )
    )


@pytest.mark.parametrize(
    ("states", "used", "billed"),
    [
        ((), 1, 1),
        ((JobState.CANCELLED,), 0, 0),
        ((JobState.FAILED,), 0, 0),
        ((JobState.SUBMITTING, JobState.FAILED), 0, 0),
        ((JobState.SUBMITTING, JobState.UNKNOWN), 1, 1),
        ((*SENT, JobState.CANCELLED), 0, 1),
        ((*SENT, JobState.FAILED), 0, 1),
        ((*RENDERED, JobState.DELIVERED), 1, 1),
        ((*RENDERED, JobState.KEPT), 1, 1),
        ((JobState.SUBMITTING, JobState.UNKNOWN, JobState.FAILED), 0, 1),
    ],
)
async def test_each_end_settles_both_ledgers(
    store: Store, states: tuple[JobState, ...], used: int, billed: int
) -> None:
    """The member's is generous; the operator's counts whatever may have been sent."""
    await run_to(store, *states)
    usage = await store.usage(USER, None, LIMITS)
    assert (usage.used, usage.today) == (used, billed)


async def test_quota_is_refused_when_it_is_used_up_and_frees_up_with_the_window(
    store: Store, clock: ManualClock
) -> None:
    for _ in range(LIMITS.per_user):
        await run_to(store, *RENDERED, JobState.DELIVERED)
        await clock.advance(timedelta(hours=1))
    with pytest.raises(QuotaExhaustedError) as caught:
        await run_to(store)
    assert caught.value.facts["next_free"] == clock.now() + timedelta(hours=19)
    await clock.advance(timedelta(hours=19))
    await run_to(store)
    with pytest.raises(QuotaExhaustedError):
        await run_to(store)


async def test_live_jobs_are_capped_per_member_and_a_servers_line_is_bounded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member may have so many; a server may run so many, and so many more may wait."""
    monkeypatch.setattr("hailuo.quotas.LINE_PER_SERVER", 2)
    limits = Limits(
        per_user=9, window=timedelta(hours=1), live_per_user=2, live_per_server=1, per_day=None
    )
    for user in (1, 1, 2):
        await store.accept(request_by(user), PICTURE, limits, ME)
    with pytest.raises(TooManyLiveError):
        await store.accept(request_by(1, guild=8), PICTURE, limits, ME)
    with pytest.raises(ServerBusyError):
        await store.accept(request_by(3), PICTURE, limits, ME)
    await store.accept(request_by(3, guild=None), PICTURE, limits, ME)


async def test_after_the_operator_lowered_the_quota_the_next_one_frees_up_when_it_really_does(
    store: Store, clock: ManualClock
) -> None:
    """Three were used of what is now one: all three have to leave the window first."""
    begun = clock.now()
    for _ in range(3):
        await run_to(store, *RENDERED, JobState.DELIVERED)
        await clock.advance(timedelta(hours=1))
    expected = {5: begun, 3: begun, 2: begun + timedelta(hours=1), 1: begun + timedelta(hours=2)}
    for per_user, oldest in expected.items():
        limits = replace(LIMITS, per_user=per_user, per_day=per_user)
        usage = await store.usage(USER, None, limits)
        assert usage.next_free_at == usage.next_today_at == oldest + timedelta(hours=24)


TWO_A_DAY = Limits(
    per_user=9, window=timedelta(hours=1), live_per_user=9, live_per_server=9, per_day=2
)


async def test_the_day_is_capped_over_all_servers(store: Store, clock: ManualClock) -> None:
    for guild in (7, 8):
        job = await store.accept(request_by(guild, guild=guild), PICTURE, TWO_A_DAY, ME)
        for state in SENT:
            job = await store.move(job, state)
    with pytest.raises(DayIsFullError):
        await store.accept(request_by(3, guild=9), PICTURE, TWO_A_DAY, ME)
    await clock.advance(timedelta(hours=24))
    await store.accept(request_by(3, guild=9), PICTURE, TWO_A_DAY, ME)


@pytest.mark.parametrize("end", [JobState.IN_QUEUE, JobState.UNKNOWN])
async def test_a_jobs_day_begins_when_it_is_sent_however_long_it_waited(
    store: Store, clock: ManualClock, end: JobState
) -> None:
    """Two that waited over a pause are the day's two, before they are sent and for a day after."""
    waiting = [await store.accept(request_by(), PICTURE, TWO_A_DAY, ME) for _ in range(2)]
    await clock.advance(timedelta(hours=25))
    with pytest.raises(DayIsFullError) as caught:
        await store.accept(request_by(2), PICTURE, TWO_A_DAY, ME)
    assert caught.value.facts["next_free"] == clock.now() + timedelta(hours=24)
    for job in waiting:
        await store.move(await store.move(job, JobState.SUBMITTING), end)
    await clock.advance(timedelta(hours=23))
    with pytest.raises(DayIsFullError):
        await store.accept(request_by(2), PICTURE, TWO_A_DAY, ME)
    await clock.advance(timedelta(hours=1))
    await store.accept(request_by(2), PICTURE, TWO_A_DAY, ME)


async def test_pausing_stops_new_jobs_until_resumed(store: Store) -> None:
    await store.pause(paused=True)
    with pytest.raises(PausedError):
        await run_to(store)
    await store.pause(paused=False)
    await run_to(store)


async def test_a_refused_job_leaves_nothing_behind(store: Store) -> None:
    await store.pause(paused=True)
    with pytest.raises(PausedError):
        await run_to(store)
    assert await counts(store) == (0, 0, 0)


async def test_96_tries_on_one_quota_admit_exactly_the_limit(store: Store) -> None:
    limits = Limits(
        per_user=50,
        window=timedelta(hours=24),
        live_per_user=9999,
        live_per_server=9999,
        per_day=None,
    )

    async def try_6() -> int:
        admitted = 0
        for _ in range(6):
            try:
                await store.accept(request_by(), PICTURE, limits, ME)
                admitted += 1
            except QuotaError:
                pass
        return admitted

    assert sum(await asyncio.gather(*(try_6() for _ in range(16)))) == 50
    assert (await store.usage(USER, GuildId(7), limits)).used == 50


async def test_cancelled_awaits_leave_no_half_written_job(store: Store) -> None:
    """A write that was begun is whole or absent, however its caller ends."""
    rng = random.Random(7)
    limits = Limits(
        per_user=9999,
        window=timedelta(hours=24),
        live_per_user=9999,
        live_per_server=9999,
        per_day=None,
    )
    tasks = [
        asyncio.create_task(store.accept(request_by(), PICTURE, limits, ME)) for _ in range(100)
    ]
    for task in tasks:
        for _ in range(rng.randrange(40)):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.set_setting("after", value=True)  # the writer is free: nothing was left open
    await store._database._settle()  # what was begun goes on without its caller
    assert len(set(await counts(store))) == 1


@pytest.mark.parametrize("ledger", ["member_ledger", "operator_ledger"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {ledger} SET entry = 'return' WHERE closes = 1",
        "DELETE FROM {ledger}",
        "INSERT INTO {ledger} SELECT * FROM {ledger}",
    ],
)
async def test_the_database_itself_keeps_the_ledgers(
    store: Store, ledger: str, statement: str
) -> None:
    """No line is changed or removed, and no job gets a second hold or a second close."""
    await run_to(store, JobState.FAILED)
    with pytest.raises(StoreError, match=r"append-only|UNIQUE|unique"):
        await store._database.write(
            lambda connection: connection.execute(text(statement.format(ledger=ledger))).close()
        )


async def test_failures_and_cancels_are_given_back_but_not_without_end(store: Store) -> None:
    """A member whose jobs fail at the API cannot spend the operator's money for ever."""
    for _ in range(3 * LIMITS.per_user):
        await run_to(store, *SENT, JobState.FAILED)
    assert (await store.usage(USER, None, LIMITS)).used == 0
    with pytest.raises(TooManyFailuresError):
        await run_to(store)
    await run_to(store, user=2)

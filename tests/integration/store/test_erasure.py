"""Deleting: what is stored of a job goes, what the ledgers need stays."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select, update

from hailuo.jobs.job import JobId, JobState, UserId
from hailuo.store.errors import NotUnknownError, StoreError
from hailuo.store.records import WITHHELD
from hailuo.store.tables import jobs, member_ledger, operator_ledger
from tests.integration.store.test_jobs import VIDEO
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import Job
    from hailuo.store import Store
    from tests.clocks import ManualClock

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

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
    assert husk.request.guild_id is None


async def test_what_is_learned_of_a_card_too_late_is_not_kept(store: Store) -> None:
    """Its reaction may be taken away while it is being deleted, and then it is found gone."""
    job = await delivered(store)
    await store.mark_deleted(job)
    husk = await stored(store, job)
    message_id = job.request.card.message_id
    await store.remember_card(job.id, message_id=message_id, memory={"gone": ["message/text"]})
    assert await stored(store, job) == husk


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


async def unclear(store: Store, user: int = 1) -> Job:
    job = await store.accept(request_by(user), PICTURE, LIMITS, ME)
    job = await store.move(await store.move(job, JobState.SUBMITTING), JobState.UNKNOWN)
    return await store.announce(job)


async def anonymised(store: Store, clock: ManualClock) -> int:
    return await store.sweeps.anonymise(clock.now() - timedelta(hours=25))


async def test_forgetting_is_no_refill_and_changes_no_other_member(
    store: Store, clock: ManualClock
) -> None:
    mine = [await delivered(store) for _ in range(3)]
    other = await delivered(store, user=2)
    before = await store.usage(UserId(1), None, LIMITS)
    assert sorted(await store.records.forget(UserId(1))) == sorted(job.id for job in mine)
    assert await store.records.forget(UserId(1)) == []
    assert await store.usage(UserId(1), None, LIMITS) == before
    assert before.used == 3
    assert await store.job(other.id) == other
    assert (await store.history(UserId(1), limit=5)).jobs == ()
    assert await anonymised(store, clock) == 0


async def test_a_job_that_waited_long_keeps_its_name_as_long_as_its_sending_counts(
    store: Store, clock: ManualClock
) -> None:
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    await clock.advance(timedelta(hours=26))
    job = await store.move(await store.move(job, JobState.SUBMITTING), JobState.IN_QUEUE)
    job = await store.announce(await store.move(job, JobState.CANCELLED))
    await store.records.forget(UserId(1))
    assert await anonymised(store, clock) == 0
    assert (await store.usage(UserId(1), None, LIMITS)).billed == 1
    await clock.advance(timedelta(hours=26))
    assert await anonymised(store, clock) == 1


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.UNKNOWN])
async def test_a_job_whose_end_was_not_told_yet_counts_as_live_and_is_not_forgotten(
    store: Store, end: JobState
) -> None:
    """Its card would stay as it was for ever, and its operators would hear nothing."""
    job = await store.accept(request_by(), PICTURE, LIMITS, ME)
    job = await store.move(await store.move(job, JobState.SUBMITTING), end)
    assert (await store.records.holdings(UserId(1))).live == 1
    assert await store.records.forget(UserId(1)) == []
    assert await store.job(job.id) == job
    await store.announce(job)
    assert (await store.records.holdings(UserId(1))).live == 0
    assert await store.records.forget(UserId(1)) == [job.id]


async def test_once_nothing_counts_them_forgotten_jobs_have_no_name(
    store: Store, clock: ManualClock
) -> None:
    job, other = await delivered(store), await delivered(store, user=2)
    await store.records.forget(UserId(1))
    await clock.advance(timedelta(hours=26))
    assert await anonymised(store, clock) == 1
    assert await anonymised(store, clock) == 0
    husk = await stored(store, job)
    assert (husk.request.user_id, husk.request.guild_id) == (0, None)
    assert await store.job(other.id) == other
    sums = await store._database.read(_ledger_sums)
    assert sums == {"member_ledger": {0: 2, 2: 2}, "operator_ledger": {None: 4}}
    assert (await store.records.holdings(UserId(1))).husks == 0


def _ledger_sums(connection: Connection) -> dict[str, dict[int | None, int]]:
    """Return how many lines each ledger has, by member where it names one."""
    members = connection.execute(
        select(member_ledger.c.user_id, func.count()).group_by(member_ledger.c.user_id)
    )
    operators = connection.execute(select(func.count()).select_from(operator_ledger))
    return {
        "member_ledger": {row[0]: row[1] for row in members},
        "operator_ledger": {None: operators.scalar_one()},
    }


@pytest.mark.parametrize(
    "change", [{"user_id": 5}, {"user_id": 0, "entry": "return"}, {"at": EPOCH}, None]
)
async def test_a_ledger_line_may_lose_its_name_and_nothing_else(
    store: Store, change: dict[str, object] | None
) -> None:
    await delivered(store)
    line = member_ledger.c.closes == 1
    statement = (
        delete(member_ledger).where(line)
        if change is None
        else update(member_ledger).where(line).values(change)
    )
    with pytest.raises(StoreError):
        await store._database.write(lambda connection: connection.execute(statement).close())


async def test_of_an_unclear_job_the_operators_evidence_stays_until_it_is_decided(
    store: Store, clock: ManualClock
) -> None:
    job = await unclear(store)
    await store.records.forget(UserId(1))
    husk = await stored(store, job)
    assert (husk.state, husk.request.prompt, husk.request.card.token) == (JobState.UNKNOWN, "", "")
    assert (await store.usage(UserId(1), None, LIMITS)).used == 1
    await clock.advance(timedelta(hours=26))
    assert await anonymised(store, clock) == 0
    with pytest.raises(NotUnknownError, match="deleted"):
        await store.resolve(job.id, "r-1", ME)
    (released,) = await store.release_unknown(clock.now(), ME)
    assert released.announced
    assert await anonymised(store, clock) == 1


async def test_forgetting_takes_a_member_out_of_other_members_jobs(store: Store) -> None:
    lent = await store.accept(replace(request_by(2), picture_of=UserId(1)), PICTURE, LIMITS, ME)
    await store.ask_cancel(lent.id, UserId(1))
    about = await store.records.elsewhere(UserId(1))
    assert [(one["id"], one["picture_of"], one["cancel_asked_by"]) for one in about] == [
        (lent.id, True, True)
    ]
    await store.set_shares_pictures(UserId(1), shares=True)
    await store.records.forget(UserId(1))
    left = await stored(store, lent)
    assert (left.request.picture_of, left.cancel_asked_by) == (None, None)
    assert left.request.prompt == lent.request.prompt
    assert await store.records.choices(UserId(1)) == {}
    assert await store.records.elsewhere(UserId(1)) == []


async def test_a_no_to_others_animating_ones_pictures_outlives_forgetting(store: Store) -> None:
    lent = await store.accept(replace(request_by(2), picture_of=UserId(1)), PICTURE, LIMITS, ME)
    await store.set_shares_pictures(UserId(1), shares=False)
    await store.records.forget(UserId(1))
    assert not await store.shares_pictures(UserId(1))
    assert (await stored(store, lent)).request.picture_of == 1


async def test_dead_tokens_are_blanked_and_living_ones_kept(store: Store) -> None:
    old = await store.accept(request_by(), PICTURE, LIMITS, ME)
    now = old.request.card.token_expires_at
    assert await store.sweeps.blank_tokens(now) == 0
    assert await store.sweeps.blank_tokens(now + timedelta(seconds=1)) == 1
    assert await store.sweeps.blank_tokens(now + timedelta(days=1)) == 0
    assert (await stored(store, old)).request.card.token == ""
    assert (await stored(store, old)).request.prompt == old.request.prompt


async def test_old_histories_are_erased_and_live_jobs_are_not(
    store: Store, clock: ManualClock
) -> None:
    old = await delivered(store)
    live = await store.accept(request_by(), PICTURE, LIMITS, ME)
    await clock.advance(timedelta(days=365))
    young = await delivered(store)
    before = clock.now() - timedelta(days=364)
    assert await store.sweeps.forget_before(before) == [old.id]
    assert await store.sweeps.forget_before(before) == []
    assert await store.job(young.id) == young
    assert await store.job(live.id) == live


async def test_an_export_holds_every_column_but_the_secret_ones(store: Store) -> None:
    jobs_made = [await delivered(store), await unclear(store)]
    await delivered(store, user=2)
    await store.mark_deleted(jobs_made[0])
    first = await store.records.jobs(UserId(1), JobId(""), 1)
    rest = await store.records.jobs(UserId(1), JobId(first[0]["id"]), 5)
    records = [*first, *rest]
    assert [record["id"] for record in records] == sorted(job.id for job in jobs_made)
    for record in records:
        ledgers = {"member_ledger", "operator_ledger"}
        assert set(record) == {column.name for column in jobs.c} - WITHHELD | ledgers
    assert [line["entry"] for line in records[0]["member_ledger"]] == ["hold", "spend"]
    assert [line["entry"] for line in records[1]["operator_ledger"]] == ["hold"]

"""The checker is checked: each design that is known to break a promise is caught."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update

from hailuo import quotas
from hailuo.jobs.job import Job, JobState, WorkerId
from hailuo.jobs.stages import STALLED, JobStages
from hailuo.jobs.submission import Submission
from hailuo.quotas import Limits, QuotaError
from hailuo.store import Store, ledgers, moves, ownership
from hailuo.store.errors import StaleMoveError
from hailuo.store.rows import job_of, new_row
from hailuo.store.tables import jobs
from hailuo.wording import Wording
from tests.chaos.ledgers import broken_promises, read_ours
from tests.chaos.points import Points
from tests.chaos.world import LIMITS, PNG, Discord, Fate, World
from tests.clocks import ManualClock
from tests.jobs import request_by

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import Picture, Request
    from hailuo.runcomfy.models import JobInput

ME, OTHER = WorkerId("worker-1"), WorkerId("worker-2")


TAKEN = "paid request taken, answer on its way"
POLLED = "before a poll"
POSTED = "delivered, answer on its way"
FAILED = "after drawing the end: failed"


async def caught(tmp_path: Path, template: Path, fate: Fate, crash_at: str) -> set[str]:
    """Crash once at a point of this name; return the numbers of the promises that broke."""
    points = Points(first=crash_at)
    broken = await World(tmp_path, template, fate, points).run()
    assert points.crashes == [crash_at]
    return {what.split()[0] for what in broken}


@pytest.mark.parametrize(
    ("fate", "crash_at"),
    [
        (Fate.SMOOTH, TAKEN),
        (Fate.SMOOTH, POLLED),
        (Fate.CARD_DELETED, POSTED),
        (Fate.FAILS, FAILED),
    ],
)
async def test_the_product_breaks_no_promise(
    fate: Fate, crash_at: str, tmp_path: Path, template: Path
) -> None:
    """What the mutants below break holds where nothing is mutated."""
    assert await caught(tmp_path, template, fate, crash_at) == set()


async def test_insert_after_post(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def post_first(self: Any, job: Job, given: JobInput) -> None:
        outcome = await self._api.submit(given)
        job = await self._store.move(job, JobState.SUBMITTING)
        await self._store.move(job, JobState.IN_QUEUE, request_id=outcome.request_id)

    monkeypatch.setattr(Submission, "_submit", post_first)
    assert "2" in await caught(tmp_path, template, Fate.SMOOTH, TAKEN)


async def test_retry_on_restart(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_again(connection: Connection, job: Job, now: datetime) -> Job:
        del now
        statement = update(jobs).where(jobs.c.id == job.id, jobs.c.state == JobState.SUBMITTING)
        connection.execute(statement.values(state=JobState.ACCEPTED))
        return job

    monkeypatch.setattr(ownership, "_stranded", try_again)
    assert "2" in await caught(tmp_path, template, Fate.SMOOTH, TAKEN)


async def test_no_nonce(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def post(self: Discord, job: Job) -> None:
        self.posted[f"message {len(self.posted)}"] = job.request.prompt

    monkeypatch.setattr(Discord, "post", post)
    assert "7" in await caught(tmp_path, template, Fate.CARD_DELETED, POSTED)


async def test_unsettled_ledger(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "settle", lambda *_: None)
    assert "5" in await caught(tmp_path, template, Fate.FAILS, FAILED)


async def test_fail_at_the_api_after_a_restart(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = JobStages._poll

    async def poll_unless_inherited(self: JobStages, job: Job) -> timedelta:
        if job.id in self._links:  # this process drew its card
            return await poll(self, job)
        return await self._fail(job, Wording(STALLED))

    monkeypatch.setattr(JobStages, "_poll", poll_unless_inherited)
    assert await caught(tmp_path, template, Fate.SMOOTH, POLLED) == {"11"}


async def over_admitted(tmp_path: Path) -> list[str]:
    """Let 16 try at once on a quota of 3; return the promises broken."""
    url = f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"
    async with Store.open(url, ManualClock()) as store:

        async def attempt() -> None:
            with suppress(QuotaError):
                await store.accept(request_by(), PNG, LIMITS, ME)

        await asyncio.gather(*(attempt() for _ in range(16)))
        found = broken_promises(await read_ours(url), [], [], accepted=[], limit=LIMITS.per_user)
    return [what for what in found if what.startswith("6")]


async def test_read_then_insert_quota(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def accept(
        self: Store, request: Request, picture: Picture, limits: Limits, owner: WorkerId
    ) -> Job:
        usage = await self.usage(request.user_id, request.guild_id, limits)
        quotas.check(limits, usage)
        now = self._clock.now()

        def write(connection: Connection) -> Job:
            row = new_row(request, picture, owner, now)
            stored = connection.execute(insert(jobs).values(row).returning(jobs)).one()
            ledgers.hold(connection, row["id"], request.user_id, now)
            return job_of(stored)

        return await self._database.write(write)

    assert await over_admitted(tmp_path) == []
    (tmp_path / "mutant").mkdir()
    monkeypatch.setattr(Store, "accept", accept)
    assert await over_admitted(tmp_path / "mutant") != []


async def stale_writes(tmp_path: Path) -> int:
    """Let a worker write in each state after its job was taken over; return how many passed."""
    passed = 0
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/hailuo.db", ManualClock()) as store:
        for to in (JobState.SUBMITTING, JobState.CANCELLED, JobState.FAILED):
            await store.enlist(WorkerId(f"{ME}{to}"))
            job = await store.accept(request_by(), PNG, LIMITS, WorkerId(f"{ME}{to}"))
            await store.enlist(WorkerId(f"{OTHER}{to}"))
            assert await store.claim(WorkerId(f"{OTHER}{to}"))
            try:
                await store.move(job, to)
                passed += 1
            except StaleMoveError:
                pass
    return passed


async def test_owner_unchecked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(connection: Connection, job: Job, changes: dict[str, Any]) -> Job:
        statement = update(jobs).where(jobs.c.id == job.id, jobs.c.state == job.state)
        return job_of(connection.execute(statement.values(changes).returning(jobs)).one())

    assert await stale_writes(tmp_path) == 0
    (tmp_path / "mutant").mkdir()
    monkeypatch.setattr(moves, "change", unchecked)
    assert await stale_writes(tmp_path / "mutant") == 3

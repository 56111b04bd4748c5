"""What is stored about one member: counted, copied out, and taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from hailuo.jobs.job import JobId
from hailuo.store import erasure
from hailuo.store.tables import jobs, member_ledger, members, operator_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from hailuo.clock import Clock
    from hailuo.jobs.job import UserId
    from hailuo.store.database import Database

WITHHELD: Final = frozenset({"token", "prompt_folded"})
"""A key to the member's own message, and a copy of the prompt: no export holds these columns."""
TRACES: Final = ("picture_of", "cancel_asked_by")
"""Where a member may stand in other members' jobs."""
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much is stored about a member."""

    jobs: int
    """Those in their history."""
    live: int
    """Those whose card does not show their end yet."""
    since: datetime | None
    """When the oldest of them was asked for."""
    husks: int
    """Deleted ones that the quota may still count."""


class Records:
    """Everything about one member; `Store.records` is the one of its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def holdings(self, user_id: UserId) -> Holdings:
        """Return how much is stored about a member."""
        return await self._database.read(lambda connection: _holdings(connection, user_id))

    async def choices(self, user_id: UserId) -> Record:
        """Return what a member chose, as it is stored; empty where they chose nothing."""
        query = select(members).where(members.c.user_id == user_id)

        def read(connection: Connection) -> Record:
            row = connection.execute(query).mappings().first()
            return {} if row is None else dict(row)

        return await self._database.read(read)

    async def jobs(self, user_id: UserId, after: JobId, limit: int) -> list[Record]:
        """Return some of a member's jobs, husks too, oldest first, each with its ledger lines."""
        return await self._database.read(
            lambda connection: _jobs(connection, user_id, after, limit)
        )

    async def elsewhere(self, user_id: UserId) -> list[Record]:
        """Return where a member stands in other members' jobs: picture lent, cancel asked for."""
        query = (
            select(jobs.c.id, jobs.c.created_at, jobs.c.picture_of, jobs.c.cancel_asked_by)
            .where((jobs.c.picture_of == user_id) | (jobs.c.cancel_asked_by == user_id))
            .where(jobs.c.user_id != user_id)
            .order_by(jobs.c.id)
        )

        def read(connection: Connection) -> list[Record]:
            return [_about(dict(row), user_id) for row in connection.execute(query).mappings()]

        return await self._database.read(read)

    async def husks(self, user_id: UserId) -> set[JobId]:
        """Return a member's erased jobs, as long as they still bear the member's id."""
        query = select(jobs.c.id).where(jobs.c.user_id == user_id, jobs.c.deleted_at.is_not(None))
        return await self._database.read(
            lambda connection: {JobId(job_id) for job_id in connection.scalars(query)}
        )

    async def forget(self, user_id: UserId) -> list[JobId]:
        """Erase a member's jobs that have ended, and their traces elsewhere; return which jobs.

        In small transactions, and safe to repeat: what was erased stays so.
        """
        now = self._clock.now()
        erased = await self._database.write_all(
            lambda connection: erasure.forget_jobs(connection, user_id, now)
        )
        await self._database.write(lambda connection: erasure.forget_traces(connection, user_id))
        return erased


def _holdings(connection: Connection, user_id: UserId) -> Holdings:
    shown = jobs.c.deleted_at.is_(None)
    query = select(func.count(), func.min(jobs.c.created_at, type_=jobs.c.created_at.type))
    count, since = connection.execute(query.where(jobs.c.user_id == user_id, shown)).one()
    live = select(func.count()).where(jobs.c.user_id == user_id, jobs.c.announced.is_(False))
    husks = select(func.count()).select_from(jobs).where(jobs.c.user_id == user_id, ~shown)
    return Holdings(
        jobs=count,
        live=connection.execute(live).scalar_one(),
        since=since,
        husks=connection.execute(husks).scalar_one(),
    )


def _jobs(connection: Connection, user_id: UserId, after: JobId, limit: int) -> list[Record]:
    query = (
        select(*(column for column in jobs.c if column.name not in WITHHELD))
        .where(jobs.c.user_id == user_id, jobs.c.id > after)
        .order_by(jobs.c.id)
        .limit(limit)
    )
    records = [dict(row) for row in connection.execute(query).mappings()]
    ids = [record["id"] for record in records]
    for ledger in (member_ledger, operator_ledger):
        lines = _lines(connection, ledger, ids)
        for record in records:
            record[ledger.name] = lines.get(record["id"], [])
    return records


def _lines(connection: Connection, ledger: Table, ids: Sequence[str]) -> dict[str, list[Record]]:
    query = select(ledger).where(ledger.c.job_id.in_(ids)).order_by(ledger.c.closes)
    lines: dict[str, list[Record]] = {}
    for row in connection.execute(query).mappings():
        lines.setdefault(row["job_id"], []).append(dict(row))
    return lines


def _about(record: Record, user_id: UserId) -> Record:
    """Return the member's part in another member's job, and nothing of the other member."""
    parts = {name: True for name in TRACES if record[name] == user_id}
    return {"id": record["id"], "created_at": record["created_at"], **parts}

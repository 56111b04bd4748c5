"""Whose a job is: workers, their heartbeats, and what the dead leave behind.

On SQLite a lock beside the file proves that this process is the only one, so every other worker
is dead. On PostgreSQL a worker is dead when its heartbeat is older than `DEAD_AFTER` by the
database's clock, the only one that all machines share.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hailuo.jobs.job import CANCELLABLE, Job, JobId, JobState
from hailuo.store.moves import move
from hailuo.store.rows import job_of
from hailuo.store.tables import Instant, jobs, leases, workers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import WorkerId

DEAD_AFTER: Final = timedelta(seconds=30)


def enlist(connection: Connection, worker: WorkerId, now: datetime) -> None:
    """Record a worker that begins; whoever is dead by now is struck off."""
    clock = _clock(connection, now)
    connection.execute(delete(workers).where(_dead(connection, worker)))
    connection.execute(insert(workers).values(id=worker, started_at=clock, heartbeat_at=clock))


def beat(connection: Connection, worker: WorkerId, now: datetime) -> bool:
    """Record that a worker lives; False tells it that others may take it for dead by now."""
    statement = (
        update(workers)
        .where(workers.c.id == worker, ~_dead(connection, worker))
        .values(heartbeat_at=_clock(connection, now))
    )
    return connection.execute(statement).rowcount == 1


def claim(connection: Connection, worker: WorkerId, limit: int, now: datetime) -> list[Job]:
    """Take over unsettled jobs of the dead, oldest first; nothing for a worker that is no more.

    What another worker left in ``submitting`` becomes ``unknown``: the request may have been
    sent, and is never sent again.
    """
    connection.execute(delete(workers).where(_dead(connection, worker)))
    living = select(workers.c.id)
    abandoned = (
        select(jobs.c.id)
        .where(
            jobs.c.announced.is_(False),
            or_(jobs.c.owner.is_(None), jobs.c.owner.not_in(living)),
            exists().where(workers.c.id == worker),
        )
        .order_by(jobs.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.scalars(abandoned).all()
    if not ids:
        return []
    take = update(jobs).where(jobs.c.id.in_(ids)).values(owner=worker).returning(jobs)
    taken = sorted(map(job_of, connection.execute(take)), key=lambda job: job.id)
    return [_stranded(connection, job, now) for job in taken]


def _stranded(connection: Connection, job: Job, now: datetime) -> Job:
    if job.state is not JobState.SUBMITTING:
        return job
    return move(connection, job, JobState.UNKNOWN, now)


def asked_to_cancel(connection: Connection, worker: WorkerId) -> list[JobId]:
    """Return the worker's jobs that somebody, in whatever process, asked to end."""
    query = select(jobs.c.id).where(
        jobs.c.owner == worker,
        jobs.c.announced.is_(False),
        jobs.c.cancel_asked_at.is_not(None),
        jobs.c.state.in_([state.value for state in sorted(CANCELLABLE)]),
    )
    return [JobId(job_id) for job_id in connection.scalars(query)]


def lease(
    connection: Connection, name: str, holder: str, lasting: timedelta, now: datetime
) -> bool:
    """Take or keep what one process at a time may have; tell whether ``holder`` has it now.

    On SQLite this is the only process, so whoever else has it is dead.
    """
    insert_or: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    statement = insert_or[connection.dialect.name](leases).values(
        name=name, holder=holder, until=_clock(connection, now, plus=lasting)
    )
    free = or_(leases.c.holder == holder, leases.c.until < _clock(connection, now))
    statement = statement.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": statement.excluded.holder, "until": statement.excluded.until},
        where=None if connection.dialect.name == "sqlite" else free,
    ).returning(leases.c.holder)
    return connection.execute(statement).first() is not None


def end_lease(connection: Connection, name: str, holder: str) -> None:
    """Give back what `lease` took."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def _dead(connection: Connection, worker: WorkerId) -> ColumnElement[bool]:
    """Return the condition that a worker is dead, as ``worker``, who asks, may judge."""
    if connection.dialect.name == "sqlite":
        return workers.c.id != worker
    return workers.c.heartbeat_at < func.clock_timestamp() - literal(DEAD_AFTER)


def _clock(
    connection: Connection, now: datetime, plus: timedelta = timedelta(0)
) -> ColumnElement[datetime]:
    """Return the time that all who use this database agree on."""
    if connection.dialect.name == "sqlite":
        return literal(now + plus, Instant())
    return func.clock_timestamp(type_=Instant()) + literal(plus)

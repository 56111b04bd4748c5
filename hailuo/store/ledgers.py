"""The two ledgers: what a member used, and what may be on the operator's bill.

Append-only: a hold opens a job's account and at most one line closes it, which the primary key
(job, closes) enforces. The member's ledger is generous, the operator's pessimistic.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, exists, func, insert, literal, select

from hailuo.jobs.job import LIVE, Job, JobId, JobState, UserId
from hailuo.quotas import Usage
from hailuo.store.tables import Entry, Instant, jobs, member_ledger, operator_ledger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import GuildId

DAY: Final = timedelta(days=1)

_NEVER_SENT: Final = frozenset({JobState.ACCEPTED, JobState.SUBMITTING})
"""A job that ends from here (but for ``unknown``) provably cost nothing."""

_MEMBER_CLOSE: Final = {
    JobState.DELIVERED: Entry.SPEND,
    JobState.KEPT: Entry.SPEND,
    JobState.FAILED: Entry.RETURN,
    JobState.CANCELLED: Entry.RETURN,
}


def hold(connection: Connection, job_id: JobId, user_id: UserId, now: datetime) -> None:
    """Open both accounts of a job that is being accepted."""
    line = {"job_id": job_id, "closes": 0, "entry": Entry.HOLD, "at": now}
    connection.execute(insert(member_ledger).values(user_id=user_id, **line))
    connection.execute(insert(operator_ledger).values(line))


def settle(connection: Connection, job: Job, end: JobState, now: datetime) -> None:
    """Close both accounts as ``end`` asks; an account that is closed already stays as it is.

    ``job`` is the job before its move. ``unknown`` closes nothing: the holds stay until somebody
    resolves it.
    """
    entry = _MEMBER_CLOSE.get(end)
    if entry is None:
        return
    _close(connection, member_ledger, job.id, entry, now, user_id=job.request.user_id)
    free = entry is Entry.RETURN and job.state in _NEVER_SENT
    _close(connection, operator_ledger, job.id, Entry.RETURN if free else Entry.SPEND, now)


def is_held(job_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a job still counts against its member."""
    closed = exists().where(member_ledger.c.job_id == job_id, member_ledger.c.closes == 1)
    return ~closed


def release(connection: Connection, job: Job, now: datetime) -> None:
    """Give a member's hold back; the operator's stays, and a later settlement changes neither."""
    _close(connection, member_ledger, job.id, Entry.RETURN, now, user_id=job.request.user_id)


def _close(
    connection: Connection,
    ledger: Table,
    job_id: JobId,
    entry: Entry,
    now: datetime,
    **extra: int,
) -> None:
    closed = exists().where(ledger.c.job_id == job_id, ledger.c.closes == 1)
    values: dict[str, ColumnElement[Any]] = {
        "job_id": literal(job_id),
        "closes": literal(1),
        "entry": literal(entry.value),
        "at": literal(now, Instant()),
        **{name: literal(value) for name, value in extra.items()},
    }
    line = select(*values.values()).where(~closed)
    connection.execute(insert(ledger).from_select(list(values), line))


def usage(
    connection: Connection,
    user_id: UserId,
    guild_id: GuildId | None,
    window: timedelta,
    now: datetime,
    *,
    paused: bool,
) -> Usage:
    """Return what stands against a member's, a server's and the day's limits at ``now``."""
    used, oldest = _counted(
        connection, member_ledger, now - window, member_ledger.c.user_id == user_id
    )
    today, oldest_today = _counted(connection, operator_ledger, now - DAY)
    mine = operator_ledger.c.job_id.in_(select(jobs.c.id).where(jobs.c.user_id == user_id))
    billed, oldest_billed = _counted(connection, operator_ledger, now - window, mine)
    running = jobs.c.state.in_([state.value for state in sorted(LIVE)])
    return Usage(
        used=used,
        next_free_at=None if oldest is None else oldest + window,
        billed=billed,
        next_billed_at=None if oldest_billed is None else oldest_billed + window,
        live_of_user=_count(connection, running, jobs.c.user_id == user_id),
        live_in_server=(
            0 if guild_id is None else _count(connection, running, jobs.c.guild_id == guild_id)
        ),
        today=today,
        next_today_at=None if oldest_today is None else oldest_today + DAY,
        paused=paused,
    )


def _counted(
    connection: Connection, ledger: Table, since: datetime, *where: ColumnElement[bool]
) -> tuple[int, datetime | None]:
    """Return how many holds after ``since`` were not returned, and when the oldest was made."""
    close = ledger.alias()
    open_or_spent = ledger.outerjoin(
        close, and_(close.c.job_id == ledger.c.job_id, close.c.closes == 1)
    )
    row = connection.execute(
        select(func.count(), func.min(ledger.c.at, type_=Instant()))
        .select_from(open_or_spent)
        .where(
            ledger.c.closes == 0,
            ledger.c.at > since,
            func.coalesce(close.c.entry, "") != Entry.RETURN.value,
            *where,
        )
    ).one()
    return row[0], row[1]


def _count(connection: Connection, *where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(jobs).where(*where)).scalar_one()

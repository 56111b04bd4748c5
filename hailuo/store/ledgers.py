"""The two ledgers: what a member used, and what may be on the operator's bill.

Append-only: a hold opens a job's account and at most one line closes it, which the primary key
(job, closes) enforces. The member's ledger is generous, the operator's pessimistic.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, exists, func, insert, literal, select

from hailuo.jobs.job import Job, JobId, JobState, UserId
from hailuo.quotas import Usage
from hailuo.store.tables import IS_LIVE, Entry, Instant, jobs, member_ledger, operator_ledger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import GuildId
    from hailuo.quotas import Limits

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
    limits: Limits,
    now: datetime,
    *,
    paused: bool,
) -> Usage:
    """Return what stands against a member's, a server's and the day's limits at ``now``."""
    window = limits.window
    mine = operator_ledger.c.job_id.in_(select(jobs.c.id).where(jobs.c.user_id == user_id))
    used, next_free_at = _counted(
        connection,
        member_ledger,
        now,
        window,
        limits.per_user,
        member_ledger.c.user_id == user_id,
    )
    billed, next_billed_at = _counted(
        connection, operator_ledger, now, window, limits.billed_per_user, mine
    )
    today, next_today_at = _counted(connection, operator_ledger, now, DAY, limits.per_day)
    of_user = _by_state(connection, jobs.c.user_id == user_id)
    in_server = (
        Counter[str]() if guild_id is None else _by_state(connection, jobs.c.guild_id == guild_id)
    )
    return Usage(
        used=used,
        next_free_at=next_free_at,
        billed=billed,
        next_billed_at=next_billed_at,
        live_of_user=of_user.total(),
        waiting_of_user=of_user[JobState.ACCEPTED],
        live_in_server=in_server.total(),
        waiting_in_server=in_server[JobState.ACCEPTED],
        today=today,
        next_today_at=next_today_at,
        paused=paused,
    )


def _counted(
    connection: Connection,
    ledger: Table,
    now: datetime,
    window: timedelta,
    limit: int | None,
    *where: ColumnElement[bool],
) -> tuple[int, datetime | None]:
    """Return how many holds of the window were not returned, and when there is room for one more.

    Below the limit that is when the oldest leaves the window; above it, which happens where the
    operator lowered it, as many have to leave first as are over it.
    """
    close = ledger.alias()
    open_or_spent = ledger.outerjoin(
        close, and_(close.c.job_id == ledger.c.job_id, close.c.closes == 1)
    )
    counted = and_(
        ledger.c.closes == 0,
        ledger.c.at > now - window,
        func.coalesce(close.c.entry, "") != Entry.RETURN.value,
        *where,
    )
    count = connection.execute(
        select(func.count()).select_from(open_or_spent).where(counted)
    ).scalar_one()
    over = 0 if limit is None else max(0, count - limit)
    leaves = connection.execute(
        select(ledger.c.at)
        .select_from(open_or_spent)
        .where(counted)
        .order_by(ledger.c.at)
        .offset(over)
        .limit(1)
    ).scalar_one_or_none()
    return count, None if leaves is None else leaves + window


def _by_state(connection: Connection, *where: ColumnElement[bool]) -> Counter[str]:
    """Return how many live jobs there are in each state."""
    query = select(jobs.c.state, func.count()).where(IS_LIVE, *where).group_by(jobs.c.state)
    return Counter({row[0]: row[1] for row in connection.execute(query)})

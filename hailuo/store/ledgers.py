"""The two ledgers: what a member used, and what may be on the operator's bill.

Append-only: a hold opens a job's account and at most one line closes it, which the primary key
(job, closes) enforces. The member's ledger is generous, the operator's pessimistic.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, exists, func, insert, literal, select

from hailuo.jobs.job import Job, JobId, JobState, UserId
from hailuo.quotas import Usage
from hailuo.store.tables import IS_LIVE, Entry, Instant, jobs, member_ledger, operator_ledger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, FromClause, Select, Table
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
    of_member = member_ledger.c.user_id == user_id
    used, next_free_at = _counted(
        connection, _held_at(now - window, of_member), window, limits.per_user
    )
    billed, next_billed_at = _counted(
        connection,
        _sent_at(now, window, jobs.c.user_id == user_id),
        window,
        limits.billed_per_user,
    )
    today, next_today_at = _counted(connection, _sent_at(now, DAY), DAY, limits.per_day)
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


def _held_at(since: datetime, *where: ColumnElement[bool]) -> Select[Any]:
    """Return when each job that counts for its member was accepted, after ``since``."""
    at = member_ledger.c.at
    return _not_returned(at, member_ledger, member_ledger).where(at > since, *where)


def _sent_at(now: datetime, window: timedelta, *where: ColumnElement[bool]) -> Select[Any]:
    """Return when each job that may be on the operator's bill was sent, within the window.

    What was not sent yet may be at any moment, however long it has waited: its time is ``now``.
    """
    since = now - window
    at = case(
        (jobs.c.state.in_(sorted(_NEVER_SENT)), literal(now, Instant())),
        # Of those whose answer was lost, when that was.
        else_=func.coalesce(jobs.c.submitted_at, jobs.c.state_at, type_=Instant()),
    )
    # Nothing is sent after its end, so the indexes of live jobs and of ends find all candidates.
    live = select(jobs.c.id).where(IS_LIVE)
    ended = select(jobs.c.id).where(jobs.c.finished_at > since)
    candidates = jobs.c.id.in_(live.union_all(ended))
    billed = jobs.join(operator_ledger, operator_ledger.c.job_id == jobs.c.id)
    return _not_returned(at, operator_ledger, billed).where(candidates, at > since, *where)


def _not_returned(at: ColumnElement[datetime], ledger: Table, rows: FromClause) -> Select[Any]:
    """Return a time of each job whose hold was not returned."""
    close = ledger.alias()
    closed = and_(close.c.job_id == ledger.c.job_id, close.c.closes == 1)
    return (
        select(at.label("at"))
        .select_from(rows.outerjoin(close, closed))
        .where(ledger.c.closes == 0, func.coalesce(close.c.entry, "") != Entry.RETURN.value)
    )


def _counted(
    connection: Connection, times: Select[Any], window: timedelta, limit: int | None
) -> tuple[int, datetime | None]:
    """Return how many times there are, and when there is room for one more.

    Below the limit that is when the oldest leaves the window; above it, which happens where the
    operator lowered it, as many have to leave first as are over it.
    """
    counted = times.subquery()
    both = select(func.count(), func.min(counted.c.at, type_=Instant())).select_from(counted)
    count, leaves = connection.execute(both).one()
    if limit is not None and count > limit:
        oldest_first = select(counted.c.at).order_by(counted.c.at)
        leaves = connection.scalar(oldest_first.offset(count - limit).limit(1))
    return count, None if leaves is None else leaves + window


def _by_state(connection: Connection, *where: ColumnElement[bool]) -> Counter[str]:
    """Return how many live jobs there are in each state."""
    query = select(jobs.c.state, func.count()).where(IS_LIVE, *where).group_by(jobs.c.state)
    return Counter({row[0]: row[1] for row in connection.execute(query)})

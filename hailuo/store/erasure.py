"""Taking away what is stored of jobs and of members; the ledgers, and what they need, stay.

What is left of an erased job is a husk: its number, its state, its times and its member's id, by
which the quota goes on counting. No list shows a husk, and nothing in it can be shown. Once the
quota has no use for it any more, the husk and its ledger lines lose the member's id too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, or_, select, update

from hailuo.jobs.job import ENDS, JobId, JobState
from hailuo.store import ledgers
from hailuo.store.tables import jobs, member_ledger, members

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import UserId

AT_ONCE: Final = 200
"""Jobs changed in one transaction, so that nobody waits long for theirs."""
NOBODY: Final = 0
"""The user id of whoever was forgotten."""
_ERASED: Final[dict[str, Any]] = {
    "guild_id": None,
    "channel_id": 0,
    "prompt": "",
    "prompt_folded": "",
    "locale": "",
    "server_locale": None,
    "parent_id": None,
    "picture_of": None,
    "message_id": None,
    "token": "",
    "upload_limit": 0,
    "app_permissions": 0,
    "memory": {},
    "picture_name": "",
    "request_id": None,
    "reason": None,
    "cancel_asked_by": None,
    "video_name": None,
    "video_url": None,
}


_EVIDENCE: Final = ("request_id", "reason")
"""What an operator decides by where a job's fate is unknown; it stays until that is decided."""


def delete_job(connection: Connection, job_id: JobId, now: datetime) -> bool:
    """Erase one job; tell whether there was anything to erase that may be erased."""
    return bool(_erase(connection, jobs.c.id == job_id, now))


def is_decided(connection: Connection, job_id: JobId) -> bool:
    """Tell whether a job has ended for good."""
    query = select(jobs.c.id).where(jobs.c.id == job_id, _has_ended_for_good())
    return connection.execute(query).first() is not None


def forget_jobs(connection: Connection, user_id: UserId, now: datetime) -> list[JobId]:
    """Erase some of a member's jobs whose end was told; none is left where this returns nothing.

    Of a job of unknown fate all goes but the operator's evidence.
    """
    mine = and_(jobs.c.user_id == user_id, jobs.c.announced.is_(True))
    erased = _erase(connection, mine, now)
    if erased:
        return erased
    rest = {name: value for name, value in _ERASED.items() if name not in _EVIDENCE}
    statement = (
        update(jobs)
        .where(mine, jobs.c.deleted_at.is_(None), jobs.c.state == JobState.UNKNOWN)
        .values(deleted_at=now, **rest)
        .returning(jobs.c.id)
    )
    return [JobId(job_id) for job_id in connection.scalars(statement)]


def forget_traces(connection: Connection, user_id: UserId) -> None:
    """Take a member's id from other members' jobs, and what they chose.

    A "no" to others animating their pictures stays, with whose picture it is: forgetting that
    would be a yes.
    """
    connection.execute(
        update(jobs).where(jobs.c.cancel_asked_by == user_id).values(cancel_asked_by=None)
    )
    connection.execute(
        delete(members).where(members.c.user_id == user_id, members.c.shares_pictures.is_(True))
    )
    refuses = select(members.c.user_id).where(members.c.user_id == user_id)
    if connection.execute(refuses).first() is None:
        connection.execute(update(jobs).where(jobs.c.picture_of == user_id).values(picture_of=None))


def forget_before(connection: Connection, before: datetime, now: datetime) -> list[JobId]:
    """Erase some of the jobs that ended before a time; none is left where this returns nothing."""
    return _erase(connection, jobs.c.finished_at < before, now)


def anonymise(connection: Connection, before: datetime) -> Sequence[str]:
    """Take the member's id from some husks that ended before a time, and from their ledger lines.

    The lines stay, so that every sum over them stays. None is left where this returns nothing.
    """
    husks = (
        select(jobs.c.id)
        .where(jobs.c.deleted_at.is_not(None), jobs.c.user_id != NOBODY)
        .where(jobs.c.created_at < before, jobs.c.finished_at < before, _has_ended_for_good())
        .limit(AT_ONCE)
    )
    ids = connection.scalars(husks).all()
    if ids:
        connection.execute(
            update(member_ledger).where(member_ledger.c.job_id.in_(ids)).values(user_id=NOBODY)
        )
        evidence = dict.fromkeys(_EVIDENCE)
        connection.execute(
            update(jobs).where(jobs.c.id.in_(ids)).values(user_id=NOBODY, **evidence)
        )
    return ids


def blank_tokens(connection: Connection, before: datetime) -> Sequence[str]:
    """Take away some of the interaction tokens that died before a time; return of which jobs."""
    dead = (
        select(jobs.c.id).where(jobs.c.token != "", jobs.c.token_expires_at < before).limit(AT_ONCE)
    )
    ids = connection.scalars(dead).all()
    if ids:
        connection.execute(update(jobs).where(jobs.c.id.in_(ids)).values(token=""))
    return ids


def _erase(connection: Connection, which: ColumnElement[bool], now: datetime) -> list[JobId]:
    """Make husks of some jobs that have ended for good; nobody draws their cards any more."""
    ended = (
        select(jobs.c.id)
        .where(which, jobs.c.deleted_at.is_(None), _has_ended_for_good())
        .limit(AT_ONCE)
    )
    statement = (
        update(jobs)
        .where(jobs.c.id.in_(connection.scalars(ended).all()))
        .where(jobs.c.deleted_at.is_(None), _has_ended_for_good())
        .values(deleted_at=now, announced=True, **_ERASED)
        .returning(jobs.c.id)
    )
    return [JobId(job_id) for job_id in connection.scalars(statement)]


def _has_ended_for_good() -> ColumnElement[bool]:
    """Return the condition that a job is over: one of unknown fate may yet bring its video."""
    ended = jobs.c.state.in_([state.value for state in sorted(ENDS - {JobState.UNKNOWN})])
    return or_(ended, and_(jobs.c.state == JobState.UNKNOWN, ~ledgers.is_held(jobs.c.id)))

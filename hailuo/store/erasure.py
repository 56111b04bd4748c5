"""Taking away what is stored of jobs; the ledgers, and what they need, stay.

What is left of an erased job is a husk: its number, its state, its times and its member's id, by
which the quota goes on counting. No list shows a husk, and nothing in it can be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, or_, select, update

from hailuo.jobs.job import ENDS, JobState
from hailuo.store import ledgers
from hailuo.store.tables import jobs

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import JobId

_ERASED: Final[dict[str, Any]] = {
    "channel_id": 0,
    "prompt": "",
    "prompt_folded": "",
    "locale": "",
    "server_locale": None,
    "parent_id": None,
    "picture_of": None,
    "message_id": None,
    "token": "",
    "memory": {},
    "picture_name": "",
    "request_id": None,
    "reason": None,
    "cancel_asked_by": None,
    "video_name": None,
    "video_url": None,
}


def delete(connection: Connection, job_id: JobId, now: datetime) -> bool:
    """Erase one job; tell whether there was anything to erase that may be erased."""
    erase = _erase(jobs.c.id == job_id, now)
    return connection.execute(erase).rowcount == 1


def is_decided(connection: Connection, job_id: JobId) -> bool:
    """Tell whether a job has ended for good."""
    query = select(jobs.c.id).where(jobs.c.id == job_id, _has_ended_for_good())
    return connection.execute(query).first() is not None


def _erase(which: ColumnElement[bool], now: datetime) -> Any:
    """Return the statement that makes husks of jobs; nobody draws their cards any more."""
    return (
        update(jobs)
        .where(which, jobs.c.deleted_at.is_(None), _has_ended_for_good())
        .values(deleted_at=now, announced=True, **_ERASED)
    )


def _has_ended_for_good() -> ColumnElement[bool]:
    """Return the condition that a job is over: one of unknown fate may yet bring its video."""
    ended = jobs.c.state.in_([state.value for state in sorted(ENDS - {JobState.UNKNOWN})])
    return or_(ended, and_(jobs.c.state == JobState.UNKNOWN, ~ledgers.is_held(jobs.c.id)))

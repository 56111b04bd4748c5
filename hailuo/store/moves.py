"""A job's move from one state to the next: the one place that writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hailuo.jobs.job import ENDS, MOVES, Job, JobState
from hailuo.store import ledgers
from hailuo.store.errors import IllegalMoveError
from hailuo.store.rows import change

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

_MARKS: Final = {
    JobState.IN_QUEUE: "submitted_at",
    JobState.IN_PROGRESS: "rendering_at",
    JobState.FETCHING: "rendered_at",
}
"""The column that keeps when a job first came to this state; pacing learns from them."""
_LAST_LOOKS: Final = {
    JobState.IN_PROGRESS: "last_queued_at",
    JobState.FETCHING: "last_undone_at",
}
"""The column that keeps when a look last found the job not there yet."""


def move(
    connection: Connection,
    job: Job,
    to: JobState,
    now: datetime,
    *,
    last_look: datetime | None = None,
    **changes: Any,
) -> Job:
    """Move a job to ``to``, change these columns with it and, at an end, settle both ledgers.

    ``last_look`` is when the job was last found in the state it leaves. Raises `IllegalMoveError`
    for what is not in the table of moves, and `StaleMoveError` where the job is no longer where,
    or whose, ``job`` says; nothing happened then.
    """
    if to not in MOVES[job.state]:
        raise IllegalMoveError(f"{job.id}: {job.state} -> {to}")
    columns: dict[str, Any] = {
        "state": to,
        "state_at": now,
        "finished_at": now if to in ENDS else None,
        "announced": False,
    }
    mark = _MARKS.get(to)
    if mark is not None and getattr(job, mark) is None:
        columns[mark] = now
        if to in _LAST_LOOKS:
            columns[_LAST_LOOKS[to]] = last_look
    moved = change(connection, job, columns | changes)
    if to in ENDS:
        ledgers.settle(connection, job, to, now)
    return moved

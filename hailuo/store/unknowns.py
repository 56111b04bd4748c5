"""Jobs of unknown fate: nobody can tell whether the API took them, so somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, select, update

from hailuo.jobs.job import Job, JobId, JobState
from hailuo.store import ledgers
from hailuo.store.errors import NotUnknownError, RequestTakenError
from hailuo.store.moves import move
from hailuo.store.rows import job_of
from hailuo.store.tables import jobs
from hailuo.wording import N_, Wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import WorkerId

RELEASED: Final = N_(
    "The connection broke while the job was being sent, and nobody could tell whether it was "
    "taken. It is no longer counted; please try again."
)
"""What the card of a released job says in place of why it is held."""


def resolve(
    connection: Connection,
    job_id: JobId,
    request_id: str,
    worker: WorkerId | None,
    now: datetime,
) -> Job:
    """Have a job go on with the request that was paid for it; without a worker, the next claims it.

    Both ledgers stay as they are: an account that was closed by a release is not charged again,
    and the reason stays with it, so that the card can say so.
    """
    job = _kept(connection, job_id)
    taken = connection.scalar(select(jobs.c.id).where(jobs.c.request_id == request_id))
    if taken is not None:
        raise RequestTakenError(job=taken)
    return move(
        connection,
        job,
        JobState.IN_QUEUE,
        now,
        request_id=request_id,
        # When its answer was lost: the day that pays for it, and its age count from then.
        submitted_at=job.state_at,
        owner=worker,
    )


def refuse(connection: Connection, job_id: JobId, reason: Wording, now: datetime) -> Job:
    """Fail a job whose request was refused after all; whoever claims it next tells its member."""
    job = _kept(connection, job_id)
    return move(connection, job, JobState.FAILED, now, reason=reason.dump(), owner=None)


def release(connection: Connection, job_id: JobId, worker: WorkerId, now: datetime) -> Job | None:
    """Give a member back what a job of unknown fate holds; None where it held nothing any more."""
    _unknown(connection, job_id)
    released = _release(connection, worker, now, jobs.c.id == job_id)
    return released[0] if released else None


def release_all(
    connection: Connection, before: datetime, worker: WorkerId, now: datetime
) -> list[Job]:
    """Give members back what jobs of unknown fate hold, where they ended before a time.

    Not before the operators were told of the job: a release says that it was decided on.
    """
    due = and_(jobs.c.finished_at < before, jobs.c.announced.is_(True))
    return _release(connection, worker, now, due)


def undecided(connection: Connection) -> Sequence[JobId]:
    """Return the jobs of unknown fate that still count for their member."""
    held = select(jobs.c.id).where(jobs.c.state == JobState.UNKNOWN, ledgers.is_held(jobs.c.id))
    return [JobId(job_id) for job_id in connection.scalars(held)]


def _release(
    connection: Connection, worker: WorkerId, now: datetime, which: ColumnElement[bool]
) -> list[Job]:
    """Close the members' accounts, and have ``worker`` tell them on their cards."""
    held = (
        select(jobs.c.id)
        .where(jobs.c.state == JobState.UNKNOWN, ledgers.is_held(jobs.c.id), which)
        .order_by(jobs.c.id)
        .with_for_update()
    )
    statement = (
        update(jobs)
        .where(jobs.c.id.in_(connection.scalars(held).all()))
        # A deleted job has no card any more on which its member could be told.
        .values(
            owner=worker, announced=jobs.c.deleted_at.is_not(None), reason=Wording(RELEASED).dump()
        )
        .returning(jobs)
    )
    released = [job_of(row) for row in connection.execute(statement)]
    for job in released:
        ledgers.release(connection, job, now)
    return released


def _kept(connection: Connection, job_id: JobId) -> Job:
    """Return a job of unknown fate that has a card yet on which to go on, locked as below."""
    job = _unknown(connection, job_id)
    if job.deleted_at is not None:
        raise NotUnknownError(job=job_id, state=N_("deleted by its member"))
    return job


def _unknown(connection: Connection, job_id: JobId) -> Job:
    """Return a job of unknown fate, locked against everybody else's writes."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).first()
    if row is None:
        raise NotUnknownError(job=job_id, state=N_("not known here"))
    if row.state != JobState.UNKNOWN:
        raise NotUnknownError(job=job_id, state=row.state)
    return job_of(row)

"""What is kept of a job's card: JSON that the engine stores and does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from hailuo.store.rows import job_of
from hailuo.store.tables import jobs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import Job, JobId, JobState


def remember(
    connection: Connection,
    job_id: JobId,
    memory: Mapping[str, object],
    *,
    message_id: int | None = None,
    states: Collection[JobState] | None = None,
) -> Job | None:
    """Lay ``memory`` over what is kept, key by key, and return the job.

    With ``states``, only while the job is in one of them; of a deleted job nothing is kept. The
    row is locked for it, so that what two processes learn of one card is not lost to either.
    """
    found = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).first()
    if found is None:
        return None
    job = job_of(found)
    if job.deleted_at is not None or (states is not None and job.state not in states):
        return job
    changes: dict[str, Any] = {"memory": {**found.memory, **memory}}
    if message_id is not None:
        changes["message_id"] = message_id
    statement = update(jobs).where(jobs.c.id == job_id).values(changes).returning(jobs)
    return job_of(connection.execute(statement).one())

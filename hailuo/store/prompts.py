"""What a member has asked for before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from hailuo.jobs.job import JobId
from hailuo.store.tables import jobs

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import UserId

LOOKED_AT: Final = 500
"""How many of a member's newest jobs are looked through."""


def newest(connection: Connection, user_id: UserId, holding: str, limit: int) -> dict[str, JobId]:
    """Return a member's distinct prompts that hold a text, newest first, each with a job of it.

    Case does not count, in no script: so the comparison is ours and not the database's.
    """
    query = (
        select(jobs.c.prompt, jobs.c.id)
        .where(jobs.c.user_id == user_id, jobs.c.deleted_at.is_(None))
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .limit(LOOKED_AT)
    )
    wanted = holding.casefold()
    found: dict[str, JobId] = {}
    for prompt, job_id in connection.execute(query):
        if prompt.strip() and prompt not in found and wanted in prompt.casefold():
            found[prompt] = JobId(job_id)
            if len(found) == limit:
                break
    return found

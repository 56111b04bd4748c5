"""A member's jobs, page by page: a page costs the same wherever it lies.

Job ids sort by age, so a page is found by its neighbour's id and not by how many come before it
(https://use-the-index-luke.com/no-offset).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, or_, select

from hailuo.jobs.history import STATES, Kin, Page, Place, Turn
from hailuo.jobs.job import JobId
from hailuo.store.rows import folded, job_of
from hailuo.store.tables import jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.jobs.history import Search
    from hailuo.jobs.job import Job, UserId

SHOWN_CHILDREN: Final = 3


def page(connection: Connection, user_id: UserId, search: Search, place: Place, limit: int) -> Page:
    """Return a page of the member's jobs that ``search`` finds.

    Where nothing lies at ``place``, or on its newer side less than a page, it is the newest page.
    """
    wanted = _wanted(user_id, search)
    found = _look(connection, wanted, place, limit) or _newest(connection, wanted, limit)
    kin = _kin(connection, user_id, found.jobs)
    return Page(found.jobs, newer=found.newer, older=found.older, kin=kin)


def _look(
    connection: Connection, wanted: Sequence[ColumnElement[bool]], place: Place, limit: int
) -> Page | None:
    beside = place.beside
    if place.turn is Turn.OLDEST:
        found = _jobs(connection, wanted, jobs.c.id.asc(), limit + 1)
        return Page(tuple(found[:limit][::-1]), newer=len(found) > limit)
    if place.turn is Turn.OLDER and beside is not None:
        older = [*wanted, jobs.c.id < beside]
        found = _jobs(connection, older, jobs.c.id.desc(), limit + 1)
        return Page(tuple(found[:limit]), newer=True, older=len(found) > limit) if found else None
    if place.turn is Turn.NEWER and beside is not None:
        newer = [*wanted, jobs.c.id > beside]
        found = _jobs(connection, newer, jobs.c.id.asc(), limit + 1)
        if len(found) > limit:
            return Page(tuple(found[:limit][::-1]), newer=True, older=True)
    return None


def _newest(connection: Connection, wanted: Sequence[ColumnElement[bool]], limit: int) -> Page:
    found = _jobs(connection, wanted, jobs.c.id.desc(), limit + 1)
    return Page(tuple(found[:limit]), older=len(found) > limit)


def _jobs(
    connection: Connection,
    wanted: Sequence[ColumnElement[bool]],
    order: ColumnElement[str],
    limit: int,
) -> list[Job]:
    query = select(jobs).where(*wanted).order_by(order).limit(limit)
    return [job_of(row) for row in connection.execute(query)]


def _wanted(user_id: UserId, search: Search) -> list[ColumnElement[bool]]:
    """Return the conditions of a search; none of them finds a deleted job."""
    wanted = [jobs.c.user_id == user_id, jobs.c.deleted_at.is_(None)]
    if search.standing is not None:
        states = sorted(state.value for state in STATES[search.standing])
        wanted.append(jobs.c.state.in_(states))
    words = folded(search.words).split()
    return wanted + [jobs.c.prompt_folded.contains(word, autoescape=True) for word in words]


def _kin(connection: Connection, user_id: UserId, shown: Sequence[Job]) -> dict[JobId, Kin]:
    """Return the lineage of these jobs; other members' private jobs are nobody else's business."""
    visible = [
        jobs.c.deleted_at.is_(None),
        or_(jobs.c.user_id == user_id, jobs.c.private.is_(False)),
    ]
    parent_ids = {job.request.parent_id for job in shown} - {None}
    query = select(jobs).where(jobs.c.id.in_(sorted(map(str, parent_ids))), *visible)
    parents = {job.id: job for job in map(job_of, connection.execute(query))}
    parent = jobs.c.parent_id
    ranked = (
        select(
            jobs.c.id,
            func.row_number().over(partition_by=parent, order_by=jobs.c.id).label("rank"),
            func.count().over(partition_by=parent).label("siblings"),
        )
        .where(parent.in_([job.id for job in shown]), *visible)
        .subquery()
    )
    query = (
        select(jobs, ranked.c.siblings)
        .join(ranked, ranked.c.id == jobs.c.id)
        .where(ranked.c.rank <= SHOWN_CHILDREN)
        .order_by(jobs.c.id)
    )
    children: dict[str, list[Job]] = {}
    counts: dict[str, int] = {}
    for row in connection.execute(query):
        children.setdefault(row.parent_id, []).append(job_of(row))
        counts[row.parent_id] = row.siblings
    return {
        job.id: Kin(
            parents.get(job.request.parent_id or JobId("")),
            tuple(mine := children.get(job.id, [])),
            counts.get(job.id, 0) - len(mine),
        )
        for job in shown
        if job.request.parent_id in parents or job.id in children
    }

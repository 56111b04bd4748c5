"""The line in which accepted jobs wait for their turn, and the gate at its head.

A job joins the line once its card stands, and keeps its place until it begins.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, or_, select, text

from hailuo.jobs.job import GuildId, JobId, JobState, UserId, WorkerId
from hailuo.jobs.turns import Lines, Waiting, in_turn
from hailuo.store import options
from hailuo.store.errors import IllegalMoveError
from hailuo.store.moves import move
from hailuo.store.rows import change
from hailuo.store.tables import IS_LIVE, IS_WAITING, jobs

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from hailuo.clock import Clock
    from hailuo.jobs.job import Job
    from hailuo.quotas import Limits
    from hailuo.store.database import Database

_GATE_LOCK: Final = 0x4861_696E  # any constant: it names our advisory lock on PostgreSQL
_WHO_WAITS: Final = (
    jobs.c.id,
    jobs.c.user_id,
    jobs.c.guild_id,
    jobs.c.lined_up_at,
    jobs.c.owner,
)


class StoredLine:
    """The lines of all servers; every write is one transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, job: Job, limits: Limits) -> Job:
        """Move an accepted job to ``submitting`` if it is its turn; else it stands in line.

        This is the one gate to a paid request: it counts what runs in the job's server and looks
        who comes first, in one transaction at a time, so that several processes stay exact. A
        job that somebody asked to cancel begins nothing, nor does any while the bot is paused.
        Raises `StaleMoveError` where the job no longer waits, or is another's.
        """
        now = self._clock.now()

        def begin(connection: Connection) -> Job:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_GATE_LOCK})"))
            waiting = change(connection, job, _lined_up(job, now))
            stopped = waiting.cancel_pending or options.is_paused(connection)
            if stopped or not _is_its_turn(connection, waiting, limits.live_per_server):
                return waiting
            return move(connection, waiting, JobState.SUBMITTING, now)

        return await self._database.write(begin)

    async def join(self, job: Job) -> Job:
        """Put an accepted job into the line; one that stands there keeps its place."""
        changes = _lined_up(job, self._clock.now())
        return await self._database.write(lambda connection: change(connection, job, changes))

    async def read(self) -> Lines:
        """Return who waits in every server, and what runs beside them."""
        return await self._database.read(_lines)


def _lined_up(job: Job, now: object) -> dict[str, Any]:
    if job.state is not JobState.ACCEPTED:
        raise IllegalMoveError(f"{job.id}: {job.state} does not wait")
    return {"lined_up_at": job.lined_up_at or now}


def _is_its_turn(connection: Connection, job: Job, cap: int) -> bool:
    """Tell whether a job is among those for whom its server has room; a DM is no server."""
    guild_id = job.request.guild_id
    if guild_id is None:
        return True
    query = select(*_WHO_WAITS, jobs.c.state).where(IS_LIVE, jobs.c.guild_id == guild_id)
    live = connection.execute(query).all()
    running = Counter(UserId(row.user_id) for row in live if row.state != JobState.ACCEPTED)
    waiting = (
        _waiting(row)
        for row in live
        if row.state == JobState.ACCEPTED and row.lined_up_at is not None
    )
    free = max(0, cap - running.total())
    return any(one.job_id == job.id for one in in_turn(waiting, running)[:free])


def _lines(connection: Connection) -> Lines:
    paused = options.is_paused(connection)
    waiting = [_waiting(row) for row in connection.execute(select(*_WHO_WAITS).where(IS_WAITING))]
    if not waiting:
        return Lines((), {}, paused)
    guilds = select(jobs.c.guild_id).where(IS_WAITING)
    users = select(jobs.c.user_id).where(IS_WAITING)
    query = (
        select(jobs.c.guild_id, jobs.c.user_id, func.count())
        .where(
            IS_LIVE,
            jobs.c.state != JobState.ACCEPTED,
            or_(jobs.c.guild_id.in_(guilds), jobs.c.user_id.in_(users)),
        )
        .group_by(jobs.c.guild_id, jobs.c.user_id)
    )
    running = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    return Lines(waiting, running, paused)


def _waiting(row: Any) -> Waiting:
    return Waiting(
        job_id=JobId(row.id),
        user_id=UserId(row.user_id),
        guild_id=None if row.guild_id is None else GuildId(row.guild_id),
        since=row.lined_up_at,
        owner=None if row.owner is None else WorkerId(row.owner),
    )

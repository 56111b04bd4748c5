"""Jobs as they are stored, each write one transaction."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, text, update

from hailuo import quotas
from hailuo.jobs.history import ALL, NEWEST
from hailuo.jobs.job import LIVE, Job, JobState, job_id_of
from hailuo.store import (
    cards,
    erasure,
    history,
    ledgers,
    members,
    moves,
    options,
    ownership,
    prompts,
    unknowns,
)
from hailuo.store.database import Database
from hailuo.store.errors import StaleMoveError
from hailuo.store.line import StoredLine
from hailuo.store.records import Records
from hailuo.store.rows import change, job_of, new_row, video_columns
from hailuo.store.sweeps import StoredSweeps
from hailuo.store.tables import jobs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from hailuo.clock import Clock
    from hailuo.jobs.history import Page, Place, Search
    from hailuo.jobs.job import GuildId, JobId, Picture, Request, UserId, Video, WorkerId
    from hailuo.wording import Wording

_ACCEPT_LOCK: Final = 0x4861_696D  # any constant: it names our advisory lock on PostgreSQL
CLAIM_AT_ONCE: Final = 500
"""Jobs taken over in one transaction, so that ten thousand do not hold the event loop."""


class Store:
    """What must survive a crash; open it with `Store.open`.

    Every write is one transaction. A write to a job says which state and which owner it expects;
    if either changed, it raises `StaleMoveError` and nothing happened.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.records = Records(database, clock)
        self.line = StoredLine(database, clock)
        self.sweeps = StoredSweeps(database, clock)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, clock: Clock) -> AsyncGenerator[Store]:
        """Open the database at ``url``, migrate it, and close it in good order."""
        async with Database.open(url) as database:
            yield cls(database, clock)

    @property
    def shared(self) -> bool:
        """Whether other processes may use this database too."""
        return self._database.dialect != "sqlite"

    async def accept(
        self, request: Request, picture: Picture, limits: quotas.Limits, owner: WorkerId
    ) -> Job:
        """Hold quota and record the job, or raise the `QuotaError` it meets.

        The same interaction delivered twice is the same job, accepted once.
        """
        now = self._clock.now()

        def accept(connection: Connection) -> Job:
            if connection.dialect.name == "postgresql":
                # One at a time, so that counting and inserting cannot interleave.
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ACCEPT_LOCK})"))
            known = _job(connection, job_id_of(request.interaction_id))
            if known is not None:
                return known
            usage = _usage(connection, request.user_id, request.guild_id, limits, now)
            quotas.check(limits, usage)
            row = new_row(request, picture, owner, now)
            stored = connection.execute(insert(jobs).values(row).returning(jobs)).one()
            ledgers.hold(connection, row["id"], request.user_id, now)
            return job_of(stored)

        return await self._database.write(accept)

    async def move(
        self,
        job: Job,
        to: JobState,
        *,
        request_id: str | None = None,
        video: Video | None = None,
        reason: Wording | None = None,
        last_look: datetime | None = None,
    ) -> Job:
        """Write the job's move to ``to`` and, if that is an end, settle both ledgers with it.

        ``last_look`` is when the job was last found in the state it leaves.
        """
        now = self._clock.now()
        changes: dict[str, Any] = {}
        if request_id is not None:
            changes["request_id"] = request_id
        if reason is not None:
            changes["reason"] = reason.dump()
        if video is not None:
            changes |= video_columns(video)
        return await self._database.write(
            lambda connection: moves.move(connection, job, to, now, last_look=last_look, **changes)
        )

    async def announce(self, job: Job) -> Job:
        """Record that the card shows the job's end, so that nobody need look after it again.

        Raises `StaleMoveError` where it ends for another reason by now: that has to be shown.
        """

        def announce(connection: Connection) -> Job:
            announced = change(connection, job, {"announced": True})
            if announced.reason != job.reason:
                raise StaleMoveError(f"{job.id} was decided on meanwhile")
            return announced

        return await self._database.write(announce)

    async def remember_card(
        self, job_id: JobId, *, message_id: int | None, memory: Mapping[str, object]
    ) -> None:
        """Keep what was learned about the job's card; keys that ``memory`` lacks stay."""
        await self._database.write(
            lambda connection: cards.remember(connection, job_id, memory, message_id=message_id)
        )

    async def remember_wish(
        self, job_id: JobId, wish: Mapping[str, object], states: Collection[JobState]
    ) -> Job | None:
        """Keep with the job's card what a member wishes, while the job is in one of ``states``.

        Return the job as it is then.
        """
        return await self._database.write(
            lambda connection: cards.remember(connection, job_id, wish, states=states)
        )

    async def ask_cancel(self, job_id: JobId, by: UserId) -> Job | None:
        """Record the first wish to cancel a live job; return the job as it is now."""
        statement = (
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.cancel_asked_at.is_(None), _is_live())
            .values(cancel_asked_at=self._clock.now(), cancel_asked_by=by)
        )

        def ask(connection: Connection) -> Job | None:
            connection.execute(statement)
            return _job(connection, job_id)

        return await self._database.write(ask)

    async def is_decided(self, job: Job) -> bool:
        """Tell whether a job has ended for good, so that it may be deleted."""
        return await self._database.read(lambda connection: erasure.is_decided(connection, job.id))

    async def mark_deleted(self, job: Job) -> bool:
        """Erase what is stored of a job; no list shows it any more, the ledgers still count it.

        False where there is nothing to erase, or it has not ended for good.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: erasure.delete_job(connection, job.id, now)
        )

    async def enlist(self, worker: WorkerId) -> None:
        """Record a worker that begins, so that it may own jobs."""
        now = self._clock.now()
        await self._database.write(lambda connection: ownership.enlist(connection, worker, now))

    async def beat(self, worker: WorkerId) -> bool:
        """Record that a worker lives; False tells it that its jobs may be another's by now."""
        now = self._clock.now()
        return await self._database.write(
            lambda connection: ownership.beat(connection, worker, now)
        )

    async def claim(self, worker: WorkerId, limit: int = CLAIM_AT_ONCE) -> list[Job]:
        """Take over unsettled jobs of dead workers, oldest first, at most ``limit`` of them.

        What another worker left in ``submitting`` becomes ``unknown``.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: ownership.claim(connection, worker, limit, now)
        )

    async def asked_to_cancel(self, worker: WorkerId) -> list[JobId]:
        """Return the worker's jobs that somebody, in whatever process, asked to end."""
        return await self._database.read(
            lambda connection: ownership.asked_to_cancel(connection, worker)
        )

    async def lead(self, name: str, holder: WorkerId, lasting: timedelta) -> bool:
        """Take or keep a lease that one process at a time may have; tell whether it is ours now.

        It ends with `stop_leading`, or after ``lasting`` where the process does not live to say so.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: ownership.lease(connection, name, holder, lasting, now)
        )

    async def stop_leading(self, name: str, holder: WorkerId) -> None:
        """Give a lease back."""
        await self._database.write(lambda connection: ownership.end_lease(connection, name, holder))

    async def resolve(self, job_id: JobId, request_id: str, worker: WorkerId | None) -> Job:
        """Have a job of unknown fate go on with the request that was paid for it.

        ``worker`` looks after it from now on; None leaves it to whoever claims next. Raises
        `NotUnknownError` or `RequestTakenError`, and nothing happened.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: unknowns.resolve(connection, job_id, request_id, worker, now)
        )

    async def refuse(self, job_id: JobId, reason: Wording) -> Job:
        """Fail a job of unknown fate that was refused after all; whoever claims it next tells.

        Raises `NotUnknownError`. The bill keeps it, as all whose fate was unknown.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: unknowns.refuse(connection, job_id, reason, now)
        )

    async def release(self, job_id: JobId, worker: WorkerId) -> Job | None:
        """Give back what a job of unknown fate holds; None where it held nothing any more.

        Raises `NotUnknownError`. ``worker`` is to tell the member.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: unknowns.release(connection, job_id, worker, now)
        )

    async def release_unknown(self, before: datetime, worker: WorkerId) -> list[Job]:
        """Give members back what jobs of unknown fate hold, where they ended before a time.

        Those that the operators were not told of yet keep it.
        """
        now = self._clock.now()
        return await self._database.write(
            lambda connection: unknowns.release_all(connection, before, worker, now)
        )

    async def census(self) -> Mapping[JobState, int]:
        """Return how many jobs stand in each state."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return dict.fromkeys(JobState, 0) | {JobState(row[0]): row[1] for row in rows}

    async def job(self, job_id: JobId) -> Job | None:
        """Return one job."""
        return await self._database.read(lambda connection: _job(connection, job_id))

    async def jobs(self, job_ids: Collection[JobId]) -> Mapping[JobId, Job]:
        """Return those of these jobs that there are."""
        found = await self._jobs(select(jobs).where(jobs.c.id.in_(job_ids)))
        return {job.id: job for job in found}

    async def job_on(self, message_id: int) -> Job | None:
        """Return the job whose card is this message."""
        query = select(jobs).where(jobs.c.message_id == message_id)

        def find(connection: Connection) -> Job | None:
            row = connection.execute(query).first()
            return None if row is None else job_of(row)

        return await self._database.read(find)

    async def live_jobs(self) -> list[Job]:
        """Return every live job, oldest first."""
        query = select(jobs).where(_is_live()).order_by(jobs.c.id)
        return await self._jobs(query)

    async def history(
        self, user_id: UserId, search: Search = ALL, place: Place = NEWEST, *, limit: int
    ) -> Page:
        """Return a page of a member's jobs, newest first; what was deleted is on none."""
        return await self._database.read(
            lambda connection: history.page(connection, user_id, search, place, limit)
        )

    async def prompts(self, user_id: UserId, holding: str, limit: int) -> Mapping[str, JobId]:
        """Return a member's newest distinct prompts that hold a text, each with a job of it."""
        return await self._database.read(
            lambda connection: prompts.newest(connection, user_id, holding, limit)
        )

    async def finished(self, limit: int) -> Sequence[Job]:
        """Return the jobs that the API rendered most recently, newest first."""
        query = (
            select(jobs)
            .where(jobs.c.rendered_at.is_not(None))
            .order_by(jobs.c.finished_at.desc())
            .limit(limit)
        )
        return await self._jobs(query)

    async def usage(
        self, user_id: UserId, guild_id: GuildId | None, limits: quotas.Limits
    ) -> quotas.Usage:
        """Return what stands against the limits now."""
        now = self._clock.now()
        return await self._database.read(
            lambda connection: _usage(connection, user_id, guild_id, limits, now)
        )

    async def shares_pictures(self, user_id: UserId) -> bool:
        """Tell whether others may animate a member's pictures: yes, until the member says no."""
        return await self._database.read(
            lambda connection: members.shares_pictures(connection, user_id)
        )

    async def set_shares_pictures(self, user_id: UserId, *, shares: bool) -> None:
        """Keep whether others may animate a member's pictures."""
        await self._database.write(
            lambda connection: members.set_shares_pictures(connection, user_id, shares=shares)
        )

    async def pause(self, *, paused: bool) -> None:
        """Stop or resume new jobs, over all servers and restarts."""
        await self.set_setting(options.PAUSED, paused)

    async def setting(self, name: str) -> Any:
        """Return a stored setting; None where it was never set."""
        return await self._database.read(lambda connection: options.read(connection, name))

    async def set_setting(self, name: str, value: object) -> None:
        """Store a setting that is JSON."""
        await self._database.write(lambda connection: options.write(connection, name, value))

    async def _jobs(self, query: Any) -> list[Job]:
        return await self._database.read(
            lambda connection: [job_of(row) for row in connection.execute(query)]
        )


def _is_live() -> ColumnElement[bool]:
    return jobs.c.state.in_([state.value for state in sorted(LIVE)])


def _job(connection: Connection, job_id: JobId) -> Job | None:
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).first()
    return None if row is None else job_of(row)


def _usage(
    connection: Connection,
    user_id: UserId,
    guild_id: GuildId | None,
    limits: quotas.Limits,
    now: datetime,
) -> quotas.Usage:
    paused = options.is_paused(connection)
    return ledgers.usage(connection, user_id, guild_id, limits, now, paused=paused)

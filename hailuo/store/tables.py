"""The tables, in SQLAlchemy Core; one definition for SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from hailuo.jobs.job import JOB_ID_LENGTH, LIVE, JobState

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time; SQLite, which knows no zones, keeps it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time must know its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Entry(StrEnum):
    """What a ledger line says of its job."""

    HOLD = "hold"
    SPEND = "spend"
    RETURN = "return"


def _in(column: str, words: frozenset[JobState]) -> str:
    return f"{column} IN ({', '.join(repr(word.value) for word in sorted(words))})"


jobs = Table(
    "jobs",
    metadata,
    Column("id", String(JOB_ID_LENGTH), primary_key=True),
    Column("interaction_id", BigInteger, nullable=False, unique=True),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("prompt", Text, nullable=False),
    # The prompt as it is searched: one width, one case.
    Column("prompt_folded", Text, nullable=False),
    Column("prompt_optimizer", Boolean, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("server_locale", String(16)),
    Column("private", Boolean, nullable=False),
    # What it came from.
    Column("parent_id", String(JOB_ID_LENGTH)),
    Column("picture_of", BigInteger),
    # The card: all that is needed to reach it from any process.
    Column("message_id", BigInteger),
    Column("token", Text, nullable=False),
    Column("token_expires_at", Instant, nullable=False),
    Column("upload_limit", BigInteger, nullable=False),
    Column("app_permissions", BigInteger, nullable=False),
    Column("memory", JSON, nullable=False),
    Column("announced", Boolean, nullable=False),
    # The clean picture, kept as long as the video.
    Column("picture_name", Text, nullable=False),
    Column("picture_width", Integer, nullable=False),
    Column("picture_height", Integer, nullable=False),
    # Where it stands.
    Column("state", String(16), nullable=False),
    Column("state_at", Instant, nullable=False),
    Column("owner", String(32)),
    Column("request_id", String(128)),
    Column("reason", Text),
    Column("cancel_asked_at", Instant),
    Column("cancel_asked_by", BigInteger),
    # When it passed each mark; pacing learns from these.
    Column("created_at", Instant, nullable=False),
    Column("lined_up_at", Instant),
    Column("submitted_at", Instant),
    Column("rendering_at", Instant),
    Column("rendered_at", Instant),
    # A look only ever tells that something happened since the last one; these are the last ones.
    Column("last_queued_at", Instant),
    Column("last_undone_at", Instant),
    Column("finished_at", Instant),
    Column("deleted_at", Instant),
    # The video.
    Column("video_name", Text),
    Column("video_url", Text),
    Column("video_size", BigInteger),
    Column("video_width", Integer),
    Column("video_height", Integer),
    Column("video_seconds", Float),
    CheckConstraint(_in("state", frozenset(JobState)), name="state_is_known"),
    Index("ix_jobs_user_id_created_at", "user_id", "created_at"),
    Index("ix_jobs_message_id", "message_id"),
    Index("ix_jobs_parent_id", "parent_id"),
    Index("ix_jobs_finished_at", "finished_at"),
    # One paid request is one job's: an operator cannot give it to a second one.
    Index("uq_jobs_request_id", "request_id", unique=True),
)

# As literals, for a partial index serves only a query that repeats its words.
IS_LIVE = text(_in("state", LIVE))
"""The condition that a job still has a way to go."""
IS_WAITING = text(f"state = '{JobState.ACCEPTED.value}' AND lined_up_at IS NOT NULL")
"""The condition that a job stands in line."""

# A job is a worker's business while it is live, or while its card does not yet show its end.
Index("ix_jobs_live_guild", jobs.c.guild_id, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE)
Index(
    "ix_jobs_lined_up_at", jobs.c.lined_up_at, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING
)
Index(
    "ix_jobs_unsettled",
    jobs.c.owner,
    sqlite_where=text("NOT announced"),
    postgresql_where=text("NOT announced"),
)


def _index(name: str, column: Column[Any], *columns: Column[Any], where: str) -> None:
    """Add an index of those rows alone that a condition holds for."""
    Index(name, column, *columns, sqlite_where=text(where), postgresql_where=text(where))


_index("ix_jobs_shown", jobs.c.user_id, jobs.c.id, where="deleted_at IS NULL")
# What is due to be taken away.
_index("ix_jobs_kept_finished_at", jobs.c.finished_at, where="deleted_at IS NULL")
_index("ix_jobs_husks", jobs.c.created_at, where="deleted_at IS NOT NULL AND user_id <> 0")
_index("ix_jobs_tokens", jobs.c.token_expires_at, where="token <> ''")
_index("ix_jobs_picture_of", jobs.c.picture_of, where="picture_of IS NOT NULL")
_index("ix_jobs_cancel_asked_by", jobs.c.cancel_asked_by, where="cancel_asked_by IS NOT NULL")


def _ledger(name: str, *extra: Column[Any]) -> Table:
    """Return an append-only ledger: one hold and at most one close per job."""
    return Table(
        name,
        metadata,
        Column("job_id", String(JOB_ID_LENGTH), ForeignKey("jobs.id"), primary_key=True),
        # 0 opens and 1 closes; the primary key makes each possible once.
        Column("closes", Integer, primary_key=True, autoincrement=False),
        Column("entry", String(8), nullable=False),
        Column("at", Instant, nullable=False),
        *extra,
        CheckConstraint(
            "(closes = 0 AND entry = 'hold') OR (closes = 1 AND entry IN ('spend', 'return'))",
            name="entry_fits",
        ),
        Index(f"ix_{name}_at", "at"),
    )


member_ledger = _ledger("member_ledger", Column("user_id", BigInteger, nullable=False))
"""What each member used: generous, a failure or a confirmed cancel gives it back."""
Index("ix_member_ledger_user_id_at", member_ledger.c.user_id, member_ledger.c.at)

operator_ledger = _ledger("operator_ledger")
"""What may be on the operator's bill: pessimistic, returned only when provably not sent."""

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shares_pictures", Boolean, nullable=False),
)
"""What a member chose; who chose nothing has no row."""

workers = Table(
    "workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("heartbeat_at", Instant, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("until", Instant, nullable=False),
)
"""What one process at a time may do: sweep, register commands."""

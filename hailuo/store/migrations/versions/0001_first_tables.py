"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_LIVE = "state IN ('accepted', 'delivering', 'fetching', 'in_progress', 'in_queue', 'submitting')"
_KNOWN = (
    "state IN ('accepted', 'cancelled', 'delivered', 'delivering', 'failed', 'fetching', "
    "'in_progress', 'in_queue', 'kept', 'submitting', 'unknown')"
)


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=13), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("prompt_optimizer", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload_limit", sa.BigInteger(), nullable=False),
        sa.Column("app_permissions", sa.BigInteger(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("picture_name", sa.Text(), nullable=False),
        sa.Column("picture_width", sa.Integer(), nullable=False),
        sa.Column("picture_height", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cancel_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_asked_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rendering_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("video_name", sa.Text(), nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("video_size", sa.BigInteger(), nullable=True),
        sa.Column("video_width", sa.Integer(), nullable=True),
        sa.Column("video_height", sa.Integer(), nullable=True),
        sa.Column("video_seconds", sa.Float(), nullable=True),
        sa.CheckConstraint(
            _KNOWN,
            name=op.f("ck_jobs_state_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("interaction_id", name=op.f("uq_jobs_interaction_id")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_finished_at", ["finished_at"], unique=False)
        batch_op.create_index(
            "ix_jobs_live_guild",
            ["guild_id"],
            unique=False,
            sqlite_where=sa.text(_LIVE),
            postgresql_where=sa.text(_LIVE),
        )
        batch_op.create_index("ix_jobs_message_id", ["message_id"], unique=False)
        batch_op.create_index(
            "ix_jobs_unsettled",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("NOT announced"),
            postgresql_where=sa.text("NOT announced"),
        )
        batch_op.create_index("ix_jobs_user_id_created_at", ["user_id", "created_at"], unique=False)

    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "member_ledger",
        sa.Column("job_id", sa.String(length=13), nullable=False),
        sa.Column("closes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(closes = 0 AND entry = 'hold') OR (closes = 1 AND entry IN ('spend', 'return'))",
            name=op.f("ck_member_ledger_entry_fits"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_member_ledger_job_id")),
        sa.PrimaryKeyConstraint("job_id", "closes", name=op.f("pk_member_ledger")),
    )
    with op.batch_alter_table("member_ledger", schema=None) as batch_op:
        batch_op.create_index("ix_member_ledger_at", ["at"], unique=False)
        batch_op.create_index("ix_member_ledger_user_id_at", ["user_id", "at"], unique=False)

    op.create_table(
        "operator_ledger",
        sa.Column("job_id", sa.String(length=13), nullable=False),
        sa.Column("closes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(closes = 0 AND entry = 'hold') OR (closes = 1 AND entry IN ('spend', 'return'))",
            name=op.f("ck_operator_ledger_entry_fits"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_operator_ledger_job_id")),
        sa.PrimaryKeyConstraint("job_id", "closes", name=op.f("pk_operator_ledger")),
    )
    with op.batch_alter_table("operator_ledger", schema=None) as batch_op:
        batch_op.create_index("ix_operator_ledger_at", ["at"], unique=False)

    for ledger in ("member_ledger", "operator_ledger"):
        _append_only(ledger)


def _append_only(table: str) -> None:
    """Let the database itself refuse to change or remove a ledger's line."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()"
    )

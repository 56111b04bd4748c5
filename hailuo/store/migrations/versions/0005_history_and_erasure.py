"""Words to search a history by, and the ways to what is due to be taken away."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_AT_ONCE = 500


def upgrade() -> None:
    op.add_column("jobs", sa.Column("prompt_folded", sa.Text(), nullable=False, server_default=""))
    _fold_prompts()
    for name, columns, which in (
        ("ix_jobs_shown", ["user_id", "id"], "deleted_at IS NULL"),
        ("ix_jobs_kept_finished_at", ["finished_at"], "deleted_at IS NULL"),
        ("ix_jobs_husks", ["created_at"], "deleted_at IS NOT NULL AND user_id <> 0"),
        ("ix_jobs_tokens", ["token_expires_at"], "token <> ''"),
        ("ix_jobs_picture_of", ["picture_of"], "picture_of IS NOT NULL"),
        ("ix_jobs_cancel_asked_by", ["cancel_asked_by"], "cancel_asked_by IS NOT NULL"),
    ):
        where = sa.text(which)
        op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)
    _let_members_be_forgotten()


def _fold_prompts() -> None:
    """Fill the new column as `hailuo.store.rows.folded` does, in steps that fit in memory."""
    jobs = sa.table(
        "jobs",
        sa.column("id", sa.String),
        sa.column("prompt", sa.Text),
        sa.column("prompt_folded", sa.Text),
    )
    connection, last = op.get_bind(), ""
    query = sa.select(jobs.c.id, jobs.c.prompt).order_by(jobs.c.id).limit(_AT_ONCE)
    while rows := connection.execute(query.where(jobs.c.id > last)).all():
        last = rows[-1].id
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == sa.bindparam("job"))
            .values(prompt_folded=sa.bindparam("folded")),
            [
                {"job": row.id, "folded": unicodedata.normalize("NFKC", row.prompt).casefold()}
                for row in rows
            ],
        )


def _let_members_be_forgotten() -> None:
    """Let a line of the members' ledger lose its member's id, and nothing else of it change."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER member_ledger_no_update")
        op.execute(
            "CREATE TRIGGER member_ledger_no_update BEFORE UPDATE ON member_ledger "
            "WHEN NEW.user_id <> 0 OR (NEW.job_id, NEW.closes, NEW.entry, NEW.at) "
            "IS NOT (OLD.job_id, OLD.closes, OLD.entry, OLD.at) "
            "BEGIN SELECT RAISE(ABORT, 'member_ledger is append-only'); END"
        )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION member_ledger_is_append_only() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'UPDATE' AND NEW.user_id = 0 AND (NEW.job_id, NEW.closes, NEW.entry, NEW.at) "
        "IS NOT DISTINCT FROM (OLD.job_id, OLD.closes, OLD.entry, OLD.at) THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'member_ledger is append-only'; END $$"
    )

"""The line in which accepted jobs wait for their turn."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WAITING = "state = 'accepted' AND lined_up_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("lined_up_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_jobs_lined_up_at",
        "jobs",
        ["lined_up_at"],
        sqlite_where=sa.text(WAITING),
        postgresql_where=sa.text(WAITING),
    )

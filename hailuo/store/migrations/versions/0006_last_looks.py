"""When looks last found a job where it was: pacing learns from what lies between."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("last_queued_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("last_undone_at", sa.DateTime(timezone=True)))

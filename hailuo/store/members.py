"""What members chose; who chose nothing has no row and the defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from hailuo.store.tables import members

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import UserId


def shares_pictures(connection: Connection, user_id: UserId) -> bool:
    """Tell whether others may animate a member's pictures; they may until the member says no."""
    query = select(members.c.shares_pictures).where(members.c.user_id == user_id)
    chosen = connection.execute(query).scalar_one_or_none()
    return chosen is not False


def set_shares_pictures(connection: Connection, user_id: UserId, *, shares: bool) -> None:
    """Keep a member's choice."""
    insert_or: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    statement = insert_or[connection.dialect.name](members).values(
        user_id=user_id, shares_pictures=shares
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[members.c.user_id], set_={"shares_pictures": shares}
        )
    )

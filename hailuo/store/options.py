"""What operators and the bot itself have set, by name: JSON, kept over restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from hailuo.store.tables import settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

PAUSED: Final = "paused"


def read(connection: Connection, name: str) -> Any:
    """Return what was set; None where nothing ever was."""
    query = select(settings.c.value).where(settings.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def write(connection: Connection, name: str, value: object) -> None:
    """Set something."""
    connection.execute(delete(settings).where(settings.c.name == name))
    connection.execute(insert(settings).values(name=name, value=value))


def is_paused(connection: Connection) -> bool:
    """Tell whether an operator has stopped new jobs."""
    return bool(read(connection, PAUSED))

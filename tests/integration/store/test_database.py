"""Opening the database: its pragmas, its lock, its schema, and what can be wrong with it."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from hailuo.store import Store
from hailuo.store.database import BUSY_TIMEOUT_S, Database
from hailuo.store.errors import SchemaTooNewError, StoreInUseError, StoreUnusableError
from hailuo.store.tables import metadata
from tests.clocks import ManualClock

LONG_LOOK = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
    " SELECT count(*) FROM n, jobs"
)
A_TABLE = text("CREATE TABLE a (b INTEGER) STRICT")

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection


async def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with Database.open(url) as database:
        assert await database.read(differences) == []


async def test_every_commit_reaches_the_disk(sqlite_url: str) -> None:
    """synchronous=FULL: a power cut must not lose a paid request id."""
    async with Database.open(sqlite_url) as database:
        for run in (database.read, database.write):
            pragmas = await run(
                lambda connection: {
                    name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
                    for name in ("synchronous", "journal_mode", "foreign_keys")
                }
            )
            assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}


async def test_a_reader_that_is_cancelled_does_not_hold_up_the_close(sqlite_url: str) -> None:
    """A snapshot that nobody gave back would keep a stopping bot for the whole busy timeout."""
    reading = asyncio.Event()

    def look(connection: Connection) -> int:
        reading.set()
        return connection.execute(LONG_LOOK).scalar_one()

    async with asyncio.timeout(None) as limit, Database.open(sqlite_url) as database:
        limit.reschedule(asyncio.get_running_loop().time() + BUSY_TIMEOUT_S - 1)
        reader = asyncio.create_task(database.read(look))
        await reading.wait()
        await asyncio.sleep(0.01)  # its statement is on its way
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await database.write(lambda connection: connection.execute(A_TABLE).close())


async def test_a_second_process_is_refused_with_one_sentence(sqlite_url: str) -> None:
    async with Store.open(sqlite_url, ManualClock()):
        with pytest.raises(StoreInUseError) as caught:
            async with Store.open(sqlite_url, ManualClock()):
                pass
    assert "already uses" in caught.value.user_message
    async with Store.open(sqlite_url, ManualClock()):
        pass  # the lock is gone with its holder


async def test_a_newer_schema_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    async with Store.open(sqlite_url, ManualClock()):
        pass
    file = tmp_path / "hailuo.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(SchemaTooNewError) as caught:
        async with Store.open(sqlite_url, ManualClock()):
            pass
    assert "newer release" in caught.value.user_message
    assert file.read_bytes() == before


async def test_a_file_that_is_no_database_is_named(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "hailuo.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnusableError) as caught:
        async with Store.open(sqlite_url, ManualClock()):
            pass
    assert "not a database" in caught.value.user_message


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnusableError):
        async with Store.open(f"sqlite+aiosqlite:///{tmp_path}/file/x.db", ManualClock()):
            pass

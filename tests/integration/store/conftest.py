"""A real database on disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hailuo.store import Store
from tests.clocks import ManualClock
from tests.postgres import TEMPLATE, PostgresServer, postgres_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer]:
    with postgres_server() as server:
        server.relax()
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> str:
    """Return the name of a database that has the tables and nothing in them."""

    async def migrate() -> None:
        async with Store.open(postgres.create(name=TEMPLATE), ManualClock()):
            pass

    asyncio.run(migrate())
    return TEMPLATE


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty store, on either engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.empty(request.getfixturevalue("migrated"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"


@pytest.fixture
def postgres_url(postgres: PostgresServer, migrated: str) -> str:
    return postgres.empty(migrated)


@pytest.fixture
async def store(url: str, clock: ManualClock) -> AsyncGenerator[Store]:
    async with Store.open(url, clock) as store:
        yield store

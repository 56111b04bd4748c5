"""A real database on disk, and jobs to put into it."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    GuildId,
    Picture,
    Request,
    UserId,
    WorkerId,
)
from hailuo.quotas import Limits
from hailuo.store import Store
from hailuo.store.tables import workers
from tests.clocks import ManualClock
from tests.postgres import TEMPLATE, PostgresServer, postgres_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from hailuo.jobs.job import Job

ME = WorkerId("worker-1")
PICTURE = Picture("picture.png", 640, 480)
LIMITS = Limits(
    per_user=5, window=timedelta(hours=24), live_per_user=20, live_per_server=50, per_day=100
)
_ids = itertools.count(1)


def request_by(user: int = 1, *, guild: int | None = 7, interaction: int | None = None) -> Request:
    """Return a request that differs from every other."""
    number = next(_ids) if interaction is None else interaction
    clock = ManualClock()
    return Request(
        interaction_id=number,
        user_id=UserId(user),
        guild_id=None if guild is None else GuildId(guild),
        channel_id=ChannelId(3),
        prompt="waves roll in",
        prompt_optimizer=True,
        locale="en-US",
        card=CardAddress(
            message_id=1000 + number,
            token="interaction-token",
            token_expires_at=clock.now() + timedelta(minutes=15),
            upload_limit=10_000_000,
            app_permissions=0,
        ),
    )


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


async def take_over(store: Store, worker: WorkerId) -> list[Job]:
    """Begin a worker after all others have died, as a restart does."""
    if store.shared:
        await store._database.write(lambda connection: connection.execute(delete(workers)).close())
    await store.enlist(worker)
    return await store.claim(worker)

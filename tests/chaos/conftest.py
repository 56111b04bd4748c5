"""What every chaos test starts from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hailuo.store import Store
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file that has the tables and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "hailuo.db"

    async def migrate() -> None:
        async with Store.open(f"sqlite+aiosqlite:///{path}", ManualClock()):
            pass

    asyncio.run(migrate())
    return path

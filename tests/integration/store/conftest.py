"""A real database on disk, and jobs to put into it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

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
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

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


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/hailuo.db"


@pytest.fixture
async def store(url: str, clock: ManualClock) -> AsyncGenerator[Store]:
    async with Store.open(url, clock) as store:
        yield store

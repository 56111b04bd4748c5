"""Jobs that tests have members ask for, and whoever works on them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

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
from hailuo.store.tables import workers
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from hailuo.store import Store

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


async def take_over(store: Store, worker: WorkerId) -> list[Job]:
    """Begin a worker after all others have died, as a restart does."""
    if store.shared:
        await store._database.write(lambda connection: connection.execute(delete(workers)).close())
    await store.enlist(worker)
    return await store.claim(worker)

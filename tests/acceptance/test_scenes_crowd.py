"""Many live jobs in one channel when disaster strikes it: each video arrives, few are refused.

By default a small crowd; ``SCENES=all`` (``make scenes``) has two hundred.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Playground, Stage
from tests.acceptance.test_scenes import NEARLY_DEAD
from tests.acceptance.test_scenes_routes import states, videos

if TYPE_CHECKING:
    from collections.abc import Generator

SetTheStage = Any

LIVE = 200 if os.environ.get("SCENES") == "all" else 8
AT_ONCE = 10
WITHIN_S = 600 if os.environ.get("SCENES") == "all" else 60
FEW = 100
"""Invalid requests in ten minutes, for two hundred live jobs."""
ROOM = {
    "QUOTA_PER_USER": "500",
    "MAX_LIVE_PER_USER": "500",
    "MAX_LIVE_PER_SERVER": "500",
    "MAX_JOBS_PER_DAY": "0",
}


@pytest.fixture
def playground() -> Generator[Playground]:
    """Have every token too old to be used, so that all goes by the bot's own."""
    with Playground(lambda: time.time() - NEARLY_DEAD.total_seconds()) as playground:
        yield playground


@pytest.mark.timeout(2 * WITHIN_S)
async def test_a_channel_lost_to_many_live_jobs_costs_few_invalid_requests(
    set_the_stage: SetTheStage,
) -> None:
    """What one card is told of the channel, the others need not be told again."""
    async with set_the_stage(**ROOM) as stage:
        await begin(stage)
        await stage.discord.post(
            "/sandbox/permissions", who="bot", channel=stage.channel, deny=["VIEW_CHANNEL"]
        )
        for submit in await stage.submits():
            path = f"/sandbox/requests/{submit['request_id']}"
            await stage.runcomfy.post(path, status="completed")
        await stage.until(lambda: all_delivered(stage), "all are delivered", within=WITHIN_S)
        assert await videos(stage) == Counter(states(stage).keys())
        ledger = await stage.discord.get("/sandbox/ledger")
        assert ledger["invalid_requests"] < min(FEW, 2 * LIVE)
        assert not [call for call in ledger["calls"] if call["code"] == 50027]


async def begin(stage: Stage) -> None:
    """Have all jobs at the API, waiting there with moving places in the queue."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 900])
    room = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with room:
            await stage.animate(picture())

    await asyncio.gather(*(one() for _ in range(LIVE)))

    async def all_sent() -> bool:
        return len(await stage.submits()) == LIVE

    await stage.until(all_sent, "all are at the API", within=WITHIN_S)


async def all_delivered(stage: Stage) -> bool:
    return list(states(stage).values()) == ["delivered"] * LIVE

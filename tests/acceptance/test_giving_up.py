"""What Discord refuses for good, or for long: one sentence, said last, and an exit code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cogs.failures import EXIT_CONFIG, EXIT_UNAVAILABLE
from tests.acceptance.playground import PATIENCE_S

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage


@pytest.mark.parametrize("route", ["GET /users/@me", "GET /gateway/bot"])
async def test_a_wait_of_minutes_at_the_start_is_said(stage: Stage, route: str) -> None:
    """A supervisor may try it again, as it does where Discord cannot be reached."""
    assert await asyncio.to_thread(stage.bot.stop) == 0
    await stage.discord.post("/sandbox/faults", route=route, status=429, retry_after=300)
    stage.bot.start()
    assert await _ended(stage) == EXIT_UNAVAILABLE
    assert "wait for 300 s" in stage.bot.log.splitlines()[-1]


@pytest.mark.parametrize("code", [4010, 4011])
async def test_shards_that_discord_does_not_take_are_to_be_mended(stage: Stage, code: int) -> None:
    """Trying again helps nobody, and each try is one of a thousand that a bot has in a day."""
    await stage.discord.post("/sandbox/gateway", action="close", code=code)
    assert await _ended(stage) == EXIT_CONFIG
    assert "SHARD_COUNT" in stage.bot.log.splitlines()[-1]


async def _ended(stage: Stage) -> int:
    """Return the exit code of a bot that ends by itself."""
    process, stage.bot.process = stage.bot.process, None
    assert process is not None
    return await asyncio.to_thread(process.wait, 10 + PATIENCE_S)

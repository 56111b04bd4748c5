"""A stage per test: fresh stand-ins, the real bot, and its members."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.acceptance.playground import (
    DISCORD_TOKEN,
    RUNCOMFY_TOKEN,
    Api,
    BotProcess,
    Playground,
    Stage,
    stand_ins,
)
from tests.acceptance.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


@pytest.fixture
def playground() -> Generator[Playground]:
    with stand_ins() as playground:
        yield playground


@pytest.fixture
async def set_the_stage(
    playground: Playground, tmp_path: Path
) -> Callable[..., AbstractAsyncContextManager[Stage]]:
    """Return a way to start the bot with settings of the test's own.

    Whatever happens on the stage, at its end no secret stands in the bot's log, no error was
    unexpected, and the referee has found nothing to object to.
    """

    @asynccontextmanager
    async def set_the_stage(
        *, unexpected_errors: bool = False, **settings: str
    ) -> AsyncGenerator[Stage]:
        bot = BotProcess(playground, tmp_path, settings)
        async with aiohttp.ClientSession() as session:
            stage = Stage(
                Api(session, playground.discord_url), Api(session, playground.runcomfy_url), bot
            )
            bot.start()
            try:
                await stage.bot_is_ready()
                yield stage
                await only_known_routes_were_used(stage)
            finally:
                if bot.process is not None:
                    bot.stop()
        assert DISCORD_TOKEN not in bot.log
        assert RUNCOMFY_TOKEN not in bot.log
        if not unexpected_errors:
            assert "Traceback" not in bot.log
            assert "unexpected" not in bot.log
        if playground.referee is not None:
            assert playground.referee.violations == []

    return set_the_stage


async def only_known_routes_were_used(stage: Stage) -> None:
    """Show that the scenes strike every call of the bot."""
    calls = (await stage.discord.get("/sandbox/ledger"))["calls"]
    assert {call["route"] for call in calls if call["who"] != "cdn"} <= set(ROUTES)


@pytest.fixture
async def stage(
    set_the_stage: Callable[..., AbstractAsyncContextManager[Stage]],
) -> AsyncGenerator[Stage]:
    """Run the bot with its default settings."""
    async with set_the_stage() as stage:
        yield stage

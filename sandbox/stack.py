"""Both stand-ins and the real bot between them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from sandbox.bot_process import BOT, BotEndedError, BotProcess, bot_settings
from sandbox.discord.server import DiscordSandbox
from sandbox.runcomfy import MODEL_ID, RunComfySandbox

if TYPE_CHECKING:
    from pathlib import Path

LOOK_EVERY_S = 0.1


class LocalStack:
    """The stand-ins in this process, the bot in a child; entered when members can use it.

    `BotEndedError` is raised when the bot ends before that, or does not come up in time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        discord_port: int = 0,
        runcomfy_port: int = 0,
        runcomfy_settings: dict[str, Any] | None = None,
        log: Path | None = None,
        bot: Path = BOT,
        ready_within_s: float = 60.0,
    ) -> None:
        self._folder = folder
        self._discord_port = discord_port
        self._runcomfy_port = runcomfy_port
        self._runcomfy_settings = runcomfy_settings
        self._log = log or folder / "bot.log"
        self._bot = bot
        self._ready_within_s = ready_within_s

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.discord = await stack.enter_async_context(DiscordSandbox(self._discord_port))
            self.runcomfy = await stack.enter_async_context(
                RunComfySandbox(self._runcomfy_port, self.discord.url, self._runcomfy_settings)
            )
            session = await stack.enter_async_context(aiohttp.ClientSession())
            world = await _world(session, self.discord.url)
            settings = bot_settings(
                discord_url=self.discord.url,
                runcomfy_url=self.runcomfy.url,
                model=MODEL_ID,
                owner=world["members"]["owner"],
                folder=self._folder,
            )
            self.bot = await stack.enter_async_context(
                BotProcess(settings, self._folder, self._log, self._bot)
            )
            await self._until_ready(session)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _until_ready(self, session: aiohttp.ClientSession) -> None:
        ready = asyncio.create_task(self._look_until_ready(session), name="bot ready")
        ended = asyncio.create_task(self.bot.ended(), name="bot ended")
        done, _ = await asyncio.wait(
            {ready, ended}, timeout=self._ready_within_s, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (ready, ended):
            task.cancel()
        await asyncio.gather(ready, ended, return_exceptions=True)
        if ended in done:
            raise ended.result()
        if ready not in done:
            lines = await self.bot.last_lines()
            raise BotEndedError(f"the bot was not ready after {self._ready_within_s:g} s\n{lines}")
        ready.result()

    async def _look_until_ready(self, session: aiohttp.ClientSession) -> None:
        while True:
            world = await _world(session, self.discord.url)
            if world["connected"] and world["commands"]:
                return
            await asyncio.sleep(LOOK_EVERY_S)


async def _world(session: aiohttp.ClientSession, discord_url: str) -> dict[str, Any]:
    async with session.get(f"{discord_url}/sandbox/world") as response:
        response.raise_for_status()
        return await response.json()

"""Both stand-ins and the real bot between them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

from sandbox.bot_process import BOT, BotEndedError, BotProcess, bot_settings
from sandbox.discord.control.client import ControlClient
from sandbox.discord.server import DiscordSandbox
from sandbox.runcomfy import MODEL_ID, RunComfySandbox

if TYPE_CHECKING:
    from pathlib import Path


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
            control = await stack.enter_async_context(ControlClient(self.discord.url))
            world = await control.get("/world")
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
            await self.bot.while_running(self._ready(control))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _ready(self, control: ControlClient) -> None:
        """Return when the bot is connected and has registered its commands."""
        try:
            await control.watch(
                lambda: control.get("/world"),
                until=lambda world: world["connected"] and world["commands"],
                timeout_s=self._ready_within_s,
            )
        except TimeoutError:
            text = f"the bot was not ready after {self._ready_within_s:g} s"
            raise BotEndedError(f"{text}\n{await self.bot.last_lines()}") from None

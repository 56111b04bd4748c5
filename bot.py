"""The bot: settings, engine and Discord put together. Run it with ``python bot.py``."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Final

import aiohttp
import discord
import structlog
from discord.ext import commands

from cogs import EXTENSIONS
from cogs.connection import connect_to
from cogs.invite import INTENTS, invite_url
from cogs.registration import register_commands
from cogs.ui.client import Client
from cogs.ui.errors import Tree
from cogs.ui.presenter import CardPresenter
from hailuo.engine import Engine
from hailuo.observability import configure_logging
from hailuo.settings import ConfigurationError, Settings
from hailuo.store.errors import StoreError

log = structlog.get_logger("bot")

EXIT_OK: Final = 0
EXIT_UNAVAILABLE: Final = 69  # sysexits.h: a service is not reachable
EXIT_CONFIG: Final = 78  # sysexits.h: something was found in a misconfigured state


class HailuoBot(Client):
    """discord.py's bot with an engine behind it."""

    def __init__(self, engine: Engine) -> None:
        settings = engine.settings
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=60.0,
            **settings.shards,
        )
        self.engine = engine
        self._invited = False
        self.presenter = CardPresenter(
            self,
            engine.store,
            engine.clock,
            default_upload_bytes=settings.default_upload_bytes,
        )

    async def setup_hook(self) -> None:
        """Load the cogs and register the commands where they changed."""
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        await register_commands(self)

    async def on_command_error(  # pyright: ignore[reportIncompatibleMethodOverride]  # always us
        self, _context: commands.Context[Client], error: commands.CommandError, /
    ) -> None:
        """Leave words that are no operator's command alone; log the rest."""
        if not isinstance(error, commands.CommandNotFound | commands.CheckFailure):
            log.error("operator command failed", exc_info=error)

    async def on_ready(self) -> None:
        """Say, once and last, how to invite the bot."""
        if not self._invited:
            self._invited = True
            log.info("ready", user=str(self.user), servers=len(self.guilds))
            log.info("invite the bot with this link", url=invite_url(self.application_id or 0))


async def run(settings: Settings) -> None:
    """Run the bot until a signal or a failure ends it; what is under way ends in good order."""
    if settings.discord_api_url is not None:
        connect_to(settings.discord_api_url)
    async with Engine.open(settings) as engine, HailuoBot(engine) as bot:
        await bot.login(settings.discord_token.get_secret_value())
        parts = [
            asyncio.create_task(_signal(), name="signal"),
            asyncio.create_task(bot.presenter.run(), name="presenter"),
            asyncio.create_task(engine.run(bot.presenter), name="engine"),
            asyncio.create_task(bot.connect(), name="gateway"),
        ]
        done, rest = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        engine.stop_taking()
        for part in rest:
            part.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for part in done:
            part.result()


async def _signal() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    log.info("stopping")


def main() -> int:
    """Run the bot; return the exit code, after one sentence where it cannot start."""
    try:
        settings = Settings.load()
    except ConfigurationError as error:
        return _give_up(error.user_message, EXIT_CONFIG)
    secrets = (settings.discord_token, settings.runcomfy_token)
    configure_logging(settings.log_format, [secret.get_secret_value() for secret in secrets])
    try:
        asyncio.run(run(settings))
    except StoreError as error:
        return _give_up(error.user_message, EXIT_CONFIG)
    except discord.LoginFailure:
        return _give_up(
            "Discord does not accept DISCORD_TOKEN: copy the bot's token again from "
            "https://discord.com/developers/applications into .env.",
            EXIT_CONFIG,
        )
    except (aiohttp.ClientError, discord.HTTPException, OSError) as error:
        return _give_up(
            f"Discord cannot be reached ({error}): check the network, then start again.",
            EXIT_UNAVAILABLE,
        )
    return EXIT_OK


def _give_up(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the last word of a start that failed
    return code


if __name__ == "__main__":
    sys.exit(main())

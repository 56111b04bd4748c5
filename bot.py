"""The bot: settings, engine and Discord put together. Run it with ``python bot.py``."""

from __future__ import annotations

import asyncio
import gc
import sys
from functools import partial

import discord
import structlog
from discord.ext import commands

from cogs import EXTENSIONS
from cogs.connection import connect_to, survive_malformed_events
from cogs.doctor import examine
from cogs.failures import EXIT_OK, EXIT_USAGE, FAILURES, explain_failure
from cogs.invite import INTENTS, invite_url
from cogs.operator import tell_operators
from cogs.registration import register_commands
from cogs.ui.budget import InvalidRequests
from cogs.ui.client import CLOSE_WITHIN_S, Client
from cogs.ui.errands import Errands
from cogs.ui.errors import Tree
from cogs.ui.language import load_languages
from cogs.ui.presenter import CardPresenter
from hailuo.engine import Engine
from hailuo.health import serve_health
from hailuo.logs import configure_logging
from hailuo.settings import ConfigurationError, Settings
from hailuo.signals import StopSignal

log = structlog.get_logger("bot")


class HailuoBot(Client):
    """discord.py's bot with an engine behind it."""

    def __init__(self, engine: Engine) -> None:
        settings = engine.settings
        invalid_requests = InvalidRequests(engine.clock)
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
            http_trace=invalid_requests.trace(),
            **settings.shards,
        )
        self.engine = engine
        self.errands = Errands()
        survive_malformed_events(self)
        self._invited = False
        self.presenter = CardPresenter(
            self,
            engine.store,
            engine.clock,
            invalid_requests,
            default_upload_bytes=settings.default_upload_bytes,
            share=engine.share,
        )

    async def setup_hook(self) -> None:
        """Load languages and cogs, and register the commands where they changed."""
        await asyncio.to_thread(load_languages)
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        await register_commands(self)

    async def on_command_error(  # pyright: ignore[reportIncompatibleMethodOverride]  # always us
        self, _context: commands.Context[Client], error: commands.CommandError, /
    ) -> None:
        """Leave words that are no operator's command alone; log the rest."""
        if not isinstance(error, commands.CommandNotFound | commands.CheckFailure):
            log.error("operator command failed", exc_info=error)

    async def run_engine(self) -> None:
        """Move jobs and show them, until cancelled."""
        await self.engine.run(self.presenter, partial(tell_operators, self))

    async def on_ready(self) -> None:
        """Say, once and last, how to invite the bot."""
        if not self._invited:
            self._invited = True
            log.info("ready", user=str(self.user), servers=len(self.guilds))
            log.info("invite the bot with this link", url=invite_url(self.application_id or 0))


async def run(settings: Settings) -> None:
    """Run the bot until a signal or a failure ends it; what is under way ends in good order."""
    stop = StopSignal()
    async with Engine.open(settings) as engine, HailuoBot(engine) as bot:
        stopped = asyncio.create_task(stop.wait(), name="signal")
        login = asyncio.create_task(
            bot.login(settings.discord_token.get_secret_value()), name="login"
        )
        await asyncio.wait({stopped, login}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            login.cancel()
            await asyncio.gather(login, return_exceptions=True)
            return
        await login
        gc.freeze()  # code and commands stay: a look through them all would halt the loop for long
        async with serve_health(settings.http_addr, engine.store, bot.connected):
            await _serve(bot, stopped)


async def _serve(bot: HailuoBot, stopped: asyncio.Task[None]) -> None:
    """Serve members until the signal or a failure, then end in good order."""
    gateway = asyncio.create_task(bot.connect(), name="gateway")
    parts = [
        stopped,
        asyncio.create_task(bot.presenter.run(), name="presenter"),
        asyncio.create_task(bot.run_engine(), name="engine"),
    ]
    done, _ = await asyncio.wait([*parts, gateway], return_when=asyncio.FIRST_COMPLETED)
    bot.engine.stop_taking()
    # discord.py may swallow a cancel while it reconnects: its task ends by closing.
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
    await bot.close()
    await asyncio.wait({gateway}, timeout=CLOSE_WITHIN_S)
    for part in done:
        part.result()


def main(arguments: list[str]) -> int:
    """Run the bot, or its doctor; return the exit code."""
    if arguments not in ([], ["doctor"]):
        return _give_up("usage: python bot.py [doctor]", EXIT_USAGE)
    try:
        settings, problems = Settings.survey()
        secrets = (settings.discord_token, settings.runcomfy_token)
        configure_logging(settings.log_format, [secret.get_secret_value() for secret in secrets])
        if settings.discord_api_url is not None:
            connect_to(settings.discord_api_url)
        if arguments:
            return asyncio.run(examine(settings, problems))
        if problems:
            raise ConfigurationError(*(problem.text for problem in problems))
        asyncio.run(run(settings))
    except FAILURES as error:
        return _give_up(*explain_failure(error))
    return EXIT_OK


def _give_up(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - the last word of a start that failed
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

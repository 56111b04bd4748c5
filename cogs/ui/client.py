"""The bot as the cogs know it: a discord.py client with an engine behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeAlias

import discord
import structlog
from discord.ext import commands

if TYPE_CHECKING:
    from cogs.ui.presenter import CardPresenter
    from hailuo.engine import Engine


log = structlog.get_logger(__name__)

CLOSE_WITHIN_S: Final = 5.0

# discord.py warns of a missing voice library at start; this bot has nothing to say aloud.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False


class Client(commands.AutoShardedBot):
    """What a cog may rely on; ``bot.py`` builds the rest."""

    engine: Engine
    presenter: CardPresenter

    async def close(self) -> None:
        """Close the connection, but wait for no gateway that does not answer any more."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await super().close()
        except TimeoutError:
            log.warning("the gateway did not close in time")
            await self.http.close()

    def connected(self) -> bool:
        """Tell whether every shard of this process is connected."""
        return bool(self.shards) and not any(shard.is_closed() for shard in self.shards.values())


Interaction: TypeAlias = discord.Interaction[Client]

"""The bot as the cogs know it: a discord.py client with an engine behind it."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import discord
import structlog
from discord.ext import commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from cogs.ui.errands import Errands
    from cogs.ui.modals import Modals
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
    command_ids: Mapping[str, int] = MappingProxyType({})
    """The ids that Discord gave the commands, by name; empty until they are registered."""
    errands: Errands
    modals: Modals

    async def close(self) -> None:
        """Hear no more, let the answers under way reach their members, then close the connection.

        None of it waits for a Discord that does not answer any more.
        """
        await _in_time(self._hang_up(), "the gateway did not let go in time")
        await _in_time(self.errands.over(), "somebody is left without an answer")
        if not await _in_time(super().close(), "the gateway did not close in time"):
            await self.http.close()

    async def _hang_up(self) -> None:
        """Take no more events."""
        await asyncio.gather(*(shard.disconnect() for shard in self.shards.values()))

    def mention(self, command: str) -> str:
        """Return a command as Discord lets it be clicked, or as text while its id is not known."""
        command_id = self.command_ids.get(command)
        return f"`/{command}`" if command_id is None else f"</{command}:{command_id}>"

    def connected(self) -> bool:
        """Tell whether every shard of this process is connected."""
        return bool(self.shards) and not any(shard.is_closed() for shard in self.shards.values())


Interaction: TypeAlias = discord.Interaction[Client]


async def _in_time(step: Awaitable[None], else_say: str) -> bool:
    """Wait for a step of closing; tell whether it was taken before the patience ended."""
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            await step
    except TimeoutError:
        log.warning(else_say)
        return False
    return True

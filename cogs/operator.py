"""Operator commands, by mention in any channel: @bot pause, @bot resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from discord.ext import commands

if TYPE_CHECKING:
    from cogs.ui.client import Client

log = structlog.get_logger(__name__)


class Operator(commands.Cog):
    """For the people in OPERATOR_IDS; to everybody else these commands do not exist."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    async def cog_check(self, ctx: commands.Context[Client]) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Let operators through, checked at the time of use."""
        return ctx.author.id in self._engine.settings.operator_ids

    @commands.command()
    async def pause(self, ctx: commands.Context[Client]) -> None:
        """Stop new jobs everywhere; those that run go on."""
        await self._engine.store.pause(paused=True)
        log.warning("paused", by=ctx.author.id)
        await ctx.reply("Paused: no new videos until `resume`. Those that run go on.")

    @commands.command()
    async def resume(self, ctx: commands.Context[Client]) -> None:
        """Take new jobs again."""
        await self._engine.store.pause(paused=False)
        log.warning("resumed", by=ctx.author.id)
        await ctx.reply("Resumed: new videos are taken again.")


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(Operator(client))

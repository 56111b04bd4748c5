"""Operator commands, by mention in any channel: @bot pause, @bot resume, @bot status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from discord.ext import commands

from hailuo.jobs.job import LIVE, JobState, UserId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.client import Client
    from hailuo.quotas import Usage
    from hailuo.settings import Settings

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

    @commands.command()
    async def status(self, ctx: commands.Context[Client]) -> None:
        """Say how much runs, what today may have cost, and what needs a decision."""
        usage = await self._engine.usage(UserId(ctx.author.id), None)
        census = await self._engine.store.census()
        await ctx.reply(describe(self._engine.settings, usage, census))


def describe(settings: Settings, usage: Usage, census: Mapping[JobState, int]) -> str:
    """Return how the bot stands, in words for its operator."""
    cap = f" of at most {settings.max_jobs_per_day}" if settings.max_jobs_per_day else ""
    lines = [
        f"Running: {sum(census[state] for state in LIVE)}.",
        f"Paid for, or perhaps, in 24 hours: {usage.today}{cap}{_cost(settings, usage)}.",
    ]
    if census[JobState.UNKNOWN]:
        lines.append(f"Of unknown fate, see the log: {census[JobState.UNKNOWN]}.")
    if usage.paused:
        lines.append("New videos are paused.")
    return "\n".join(lines)


def _cost(settings: Settings, usage: Usage) -> str:
    price = settings.price_per_video_usd
    return "" if price is None else f", about ${price * usage.today:.2f}"


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(Operator(client))

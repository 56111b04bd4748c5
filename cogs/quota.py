"""/quota: what a member used, what is left, and when the next one frees up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from cogs.ui.client import Interaction
from cogs.ui.errors import defer_privately
from cogs.ui.text import relative
from hailuo.jobs.job import GuildId, UserId

if TYPE_CHECKING:
    from cogs.ui.client import Client
    from hailuo.quotas import Limits, Usage


class Quota(commands.Cog):
    """See how many videos are left."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    @app_commands.command()
    async def quota(self, interaction: Interaction) -> None:
        """See how many videos you have left, and when the next one frees up."""
        await defer_privately(interaction)
        guild_id = None if interaction.guild_id is None else GuildId(interaction.guild_id)
        usage = await self._engine.usage(UserId(interaction.user.id), guild_id)
        await interaction.followup.send(describe(self._engine.limits, usage), ephemeral=True)


def describe(limits: Limits, usage: Usage) -> str:
    """Return a member's quota in words."""
    hours = round(limits.window.total_seconds() / 3600)
    left = max(0, limits.per_user - usage.used)
    lines = [f"**{left} of {limits.per_user}** videos left per {hours} hours ({usage.used} used)."]
    if usage.next_free_at is not None:
        lines.append(f"The next one frees up {relative(usage.next_free_at)}.")
    waiting = f", {usage.waiting_of_user} of them in line" if usage.waiting_of_user else ""
    lines.append(
        f"Running now: {usage.live_of_user} of at most {limits.live_per_user} at once{waiting}."
    )
    if usage.waiting_in_server:
        running = usage.live_in_server - usage.waiting_in_server
        most = limits.live_per_server
        lines.append(f"This server makes {running} of at most {most} at once.")
        lines.append(f"In its line: {usage.waiting_in_server}.")
    if usage.paused:
        lines.append("New videos are paused by the people who run this bot.")
    elif limits.per_day is not None and usage.today >= limits.per_day:
        when = "" if usage.next_today_at is None else f" {relative(usage.next_today_at)}"
        lines.append(f"The bot has reached its limit for all servers; it goes on{when}.")
    lines.append("-# A video counts once it is accepted; a failed or stopped one is given back.")
    return "\n".join(lines)


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(Quota(client))

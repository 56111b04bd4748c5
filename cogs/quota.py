"""/quota: what a member used, what is left, and when the next one frees up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from cogs.ui.client import Interaction
from cogs.ui.errors import defer_privately
from cogs.ui.language import private_language
from cogs.ui.text import relative
from hailuo.jobs.job import GuildId, UserId

if TYPE_CHECKING:
    from cogs.ui.client import Client
    from cogs.ui.language import Language
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
        text = describe(self._engine.limits, usage, private_language(interaction))
        await interaction.followup.send(text, ephemeral=True)


def describe(limits: Limits, usage: Usage, say: Language) -> str:
    """Return a member's quota in words."""
    left = max(0, limits.per_user - usage.used)
    quota = say.plural(
        "**{left} of {count}** video left per {hours} h ({used} used).",
        "**{left} of {count}** videos left per {hours} h ({used} used).",
        limits.per_user,
        left=left,
        hours=round(limits.window.total_seconds() / 3600),
        used=usage.used,
    )
    lines, next_one_at = [quota], usage.next_free_at
    if left and usage.billed >= limits.billed_per_user:
        lines.append(
            say(
                "None can begin now: too many of your videos failed or were cancelled lately, and "
                "each may have cost money."
            )
        )
        next_one_at = usage.next_billed_at
    if next_one_at is not None:
        lines.append(say("The next one frees up {when}.", when=relative(next_one_at)))
    lines += _running(limits, usage, say)
    if usage.paused:
        lines.append(say("New videos are paused by the people who run this bot."))
    elif limits.per_day is not None and usage.today >= limits.per_day:
        lines.append(_full_day(usage, say))
    counts = say("A video counts once it is accepted; a failed or stopped one is given back.")
    lines.append(f"-# {counts}")
    return "\n".join(lines)


def _running(limits: Limits, usage: Usage, say: Language) -> list[str]:
    """Return what runs and what waits, of the member and of their server."""
    running = say(
        "Running now: {running} of at most {limit} at once.",
        running=usage.live_of_user,
        limit=limits.live_per_user,
    )
    lines = [running]
    if usage.waiting_of_user:
        lines.append(say("Of these, in line: {waiting}.", waiting=usage.waiting_of_user))
    if usage.waiting_in_server:
        server = say(
            "This server makes {running} of at most {limit} at once. In its line: {waiting}.",
            running=usage.live_in_server - usage.waiting_in_server,
            limit=limits.live_per_server,
            waiting=usage.waiting_in_server,
        )
        lines.append(server)
    return lines


def _full_day(usage: Usage, say: Language) -> str:
    if usage.next_today_at is None:
        return say("The bot has reached its limit for all servers.")
    return say(
        "The bot has reached its limit for all servers; it goes on {when}.",
        when=relative(usage.next_today_at),
    )


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(Quota(client))

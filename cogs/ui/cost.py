"""What a new video costs its member, said before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.ui.language import private_language
from hailuo import quotas
from hailuo.jobs.job import GuildId, UserId

if TYPE_CHECKING:
    from cogs.ui.client import Interaction


async def cost_of(interaction: Interaction) -> str:
    """Return what one more video counts as; raise the `QuotaError` where none may begin now."""
    engine = interaction.client.engine
    guild_id = None if interaction.guild_id is None else GuildId(interaction.guild_id)
    usage = await engine.usage(UserId(interaction.user.id), guild_id)
    quotas.check(engine.limits, usage)
    limit = engine.limits.per_user
    return private_language(interaction).plural(
        "This makes a new video and counts as one of your {limit}; {count} is left.",
        "This makes a new video and counts as one of your {limit}; {count} are left.",
        limit - usage.used,
        limit=limit,
    )

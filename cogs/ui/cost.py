"""What a new video costs its member, said before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.ui.language import private_language
from hailuo import quotas
from hailuo.jobs.job import GuildId, UserId

if TYPE_CHECKING:
    from cogs.ui.client import Interaction


async def cost_of(interaction: Interaction, private_in: GuildId | None = None) -> str:
    """Return what one more video counts as; raise the `QuotaError` where none may begin now.

    ``private_in`` is the server of a private card, under whose limits its sequels stand too.
    """
    engine = interaction.client.engine
    here = None if interaction.guild_id is None else GuildId(interaction.guild_id)
    usage = await engine.usage(UserId(interaction.user.id), private_in or here)
    quotas.check(engine.limits, usage)
    limit = engine.limits.per_user
    return private_language(interaction).plural(
        "This makes a new video and counts as one of your {limit}; {count} is left.",
        "This makes a new video and counts as one of your {limit}; {count} are left.",
        limit - usage.used,
        limit=limit,
    )

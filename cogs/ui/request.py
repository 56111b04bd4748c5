"""From a Discord interaction to what the engine needs to know of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hailuo.jobs.job import CardAddress, ChannelId, GuildId, Request, UserId

if TYPE_CHECKING:
    from cogs.ui.client import Interaction

TOKEN_LIFETIME: Final = timedelta(minutes=15)
"""https://discord.com/developers/docs/interactions/receiving-and-responding"""


def request_of(
    interaction: Interaction, message_id: int | None, prompt: str, *, prompt_optimizer: bool
) -> Request:
    """Return what a member asks for; ``message_id`` is the answer that becomes the card."""
    return Request(
        interaction_id=interaction.id,
        user_id=UserId(interaction.user.id),
        guild_id=None if interaction.guild_id is None else GuildId(interaction.guild_id),
        channel_id=ChannelId(interaction.channel_id or 0),
        prompt=_storable(prompt),
        prompt_optimizer=prompt_optimizer,
        locale=interaction.locale.value,
        server_locale=None if interaction.guild_locale is None else interaction.guild_locale.value,
        card=CardAddress(
            message_id=message_id,
            token=interaction.token,
            token_expires_at=interaction.created_at + TOKEN_LIFETIME,
            upload_limit=interaction.filesize_limit,
            app_permissions=interaction.app_permissions.value,
        ),
    )


def _storable(text: str) -> str:
    """Return a text without what no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode(errors="ignore").decode()

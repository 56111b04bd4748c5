"""/animate: a picture and a prompt become a job."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import discord
from discord import app_commands
from discord.ext import commands

from cogs.ui.client import Interaction
from hailuo.jobs.checks import check_file, check_prompt, check_size
from hailuo.jobs.job import CardAddress, ChannelId, GuildId, Request, UserId
from hailuo.runcomfy.rules import PROMPT_MAX_CHARACTERS

if TYPE_CHECKING:
    from cogs.ui.client import Client

TOKEN_LIFETIME: Final = timedelta(minutes=15)
"""https://discord.com/developers/docs/interactions/receiving-and-responding"""


class Animate(commands.Cog):
    """Turn a picture into a short video."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    @app_commands.command()
    @app_commands.describe(
        image="The picture to animate: both sides over 300 pixels, neither 2.5 times the other",
        prompt="What should happen in the video",
        magic_prompt="Let the model improve your prompt (on by default)",
    )
    async def animate(
        self,
        interaction: Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS],
        magic_prompt: bool = True,
    ) -> None:
        """Turn a picture into a short video."""
        check_prompt(prompt)
        check_file(image.size, image.content_type)
        if image.width and image.height:
            check_size(image.width, image.height)
        answer = await interaction.response.defer()
        message_id = answer.message_id if answer is not None else None
        request = request_of(interaction, message_id, prompt, prompt_optimizer=magic_prompt)
        await self._engine.animate(request, image.url)


def request_of(
    interaction: Interaction, message_id: int | None, prompt: str, *, prompt_optimizer: bool
) -> Request:
    """Return what a member asks for; ``message_id`` is the answer that becomes the card."""
    return Request(
        interaction_id=interaction.id,
        user_id=UserId(interaction.user.id),
        guild_id=None if interaction.guild_id is None else GuildId(interaction.guild_id),
        channel_id=ChannelId(interaction.channel_id or 0),
        prompt=prompt,
        prompt_optimizer=prompt_optimizer,
        locale=interaction.locale.value,
        card=CardAddress(
            message_id=message_id,
            token=interaction.token,
            token_expires_at=interaction.created_at + TOKEN_LIFETIME,
            upload_limit=interaction.filesize_limit,
            app_permissions=interaction.app_permissions.value,
        ),
    )


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(Animate(client))

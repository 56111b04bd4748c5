"""/animate: a picture and a prompt become a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import discord
from discord import app_commands
from discord.ext import commands

from cogs.offer import show
from cogs.ui.acknowledging import Acknowledging, defer
from cogs.ui.client import Interaction
from cogs.ui.private import begin_privately
from cogs.ui.request import request_of
from cogs.ui.suggestions import prompt_meant, suggest
from hailuo.images.repair import RepairKind
from hailuo.jobs.checks import check_file, check_prompt, check_reparable
from hailuo.jobs.sources import Linked
from hailuo.runcomfy.rules import PROMPT_MAX_CHARACTERS

if TYPE_CHECKING:
    from cogs.ui.client import Client
    from hailuo.jobs.job import Request
    from hailuo.jobs.offers import Offer

FITS: Final = {
    "crop": RepairKind.CROP,
    "pad": RepairKind.PAD,
}


class Animate(commands.Cog):
    """Turn a picture into a short video."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine
        self._acknowledging = Acknowledging()

    @app_commands.command()
    @app_commands.describe(
        image="The picture to animate: both sides over 300 pixels, neither 2.5 times the other",
        prompt="What should happen in the video",
        magic_prompt="Let the model improve your prompt (on by default)",
        fit="Repair a picture that is too long or too small without asking",
        private="For you alone: the video comes as a direct message",
    )
    async def animate(
        self,
        interaction: Interaction,
        image: discord.Attachment,
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARACTERS],
        magic_prompt: bool = True,
        fit: Literal["crop", "pad"] | None = None,
        private: bool = False,
    ) -> None:
        """Turn a picture into a short video."""
        prompt = await prompt_meant(interaction, prompt)
        check_prompt(prompt)
        check_file(image.size, image.content_type)
        if image.width and image.height:
            check_reparable(image.width, image.height)
        chosen = None if fit is None else FITS[fit]
        alone = private and interaction.guild_id is not None  # in a DM everybody is
        async with self._acknowledging:
            message_id = await defer(interaction, privately=alone)
        await self._acknowledging.over()
        request = request_of(interaction, message_id, prompt, prompt_optimizer=magic_prompt)

        async def begin(request: Request) -> Offer | None:
            return await self._engine.animate(request, Linked(image.url), fit=chosen)

        if alone:
            offer = await begin_privately(interaction, request, begin)
        else:
            offer = await begin(request)
        if offer is not None:
            await show(interaction, offer)

    @animate.autocomplete("prompt")
    async def suggest(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        self, interaction: Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Suggest the member's own prompts."""
        return await suggest(interaction, current)


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(Animate(client))

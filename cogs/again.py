"""Again: the same picture, prompt and options once more, once its member knows the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from cogs.ui.cost import cost_of
from cogs.ui.errors import defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import private_language
from cogs.ui.lineage import OriginKind
from cogs.ui.sequel import (
    begin,
    borrowed,
    origin_in,
    parent_of,
    picture_of,
    place_of,
    private_in,
    shown_picture,
)
from cogs.ui.text import quoted
from hailuo.jobs.finds import Find
from hailuo.jobs.job import JobId, UserId, job_id_of
from hailuo.jobs.sequels import owner_of
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job


class AgainButton(JobButton, name="again", label=N_("Again")):
    """Asks, privately, whether a job is to be made once more."""

    async def press(self, interaction: Interaction) -> None:
        """Say what it costs, with a button that begins it."""
        await defer_privately(interaction)
        job = await parent_of(interaction, self.job_id)
        cost = await cost_of(interaction, private_in(interaction, job))
        await picture_of(interaction, job)  # so that nobody is asked about what is gone
        find = _found(interaction, job)
        await interaction.client.engine.finds.keep(find)
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(f"{quoted(job.request.prompt)}\n{cost}"))
        view.add_item(ui.ActionRow[Any](BeginButton(find.id, private_language(interaction))))
        await interaction.followup.send(view=view, ephemeral=True)


class BeginButton(JobButton, name="begin", label=N_("Begin"), style=discord.ButtonStyle.primary):
    """Begins what was asked about, once; the public answer to it becomes the card."""

    async def press(self, interaction: Interaction) -> None:
        """Begin with what the job still is: by now it may be deleted, or shared no more."""
        finds = interaction.client.engine.finds
        async with finds.taking(self.job_id, UserId(interaction.user.id)) as find:
            job = await parent_of(interaction, find.parent_id or JobId(""))
            origin = origin_in(interaction, OriginKind.AGAIN, job, find.place)
            source = await picture_of(interaction, job, next(iter(find.media), None))
            optimizer = job.request.prompt_optimizer
            await begin(interaction, origin, source, job.request.prompt, prompt_optimizer=optimizer)


def _found(interaction: Interaction, job: Job) -> Find:
    """Return what the question is about: the job alone, no copy of its picture and prompt."""
    shown = shown_picture(interaction, job)
    return Find(
        id=job_id_of(interaction.id),
        user_id=UserId(interaction.user.id),
        media=() if shown is None else (shown,),
        place=place_of(interaction),
        picture_of=borrowed(owner_of(job), interaction),
        parent_id=job.id,
    )


async def setup(client: Client) -> None:
    """Answer the buttons, those of older processes too."""
    client.add_dynamic_items(AgainButton, BeginButton)

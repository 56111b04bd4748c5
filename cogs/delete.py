"""Delete: a finished card goes, with every file that is kept of it, after being asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from cogs.cancel import may_manage
from cogs.ui.errors import defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import private_language
from cogs.ui.sequel import job_here
from hailuo.errors import HailuoError
from hailuo.jobs.job import JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    from typing import ClassVar

    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job

SURE: Final = N_(
    "Delete this video for good? The picture, the video and the prompt that are kept here go, and "
    "its message where the bot can still reach it. What it counted stays counted."
)
DELETED: Final = N_("Deleted. What it counted stays counted.")
CARD_STANDS: Final = N_(
    "Deleted here, but its message could not be removed: somebody who may manage messages there "
    "has to delete it by hand. What it counted stays counted."
)


class NotYoursToDeleteError(HailuoError):
    """Somebody wants to delete another member's video, and does not moderate its channel."""

    sentence: ClassVar[str] = N_(
        "Only the member who asked for this video, or somebody who may manage messages here, can "
        "delete it. Nothing was changed."
    )


class DeleteButton(JobButton, name="delete-card", label=N_("Delete")):
    """Asks, privately, whether to delete a job."""

    async def press(self, interaction: Interaction) -> None:
        """Ask whether it is meant."""
        await defer_privately(interaction)
        job = await _deletable(interaction, self.job_id)
        await interaction.client.engine.check_deletable(job)
        say = private_language(interaction)
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(say(SURE)))
        view.add_item(ui.ActionRow[Any](DeleteForGoodButton(job.id, say)))
        await interaction.followup.send(view=view, ephemeral=True)


class DeleteForGoodButton(
    JobButton, name="delete-card-now", label=N_("Delete for good"), style=discord.ButtonStyle.danger
):
    """Deletes a job."""

    async def press(self, interaction: Interaction) -> None:
        """Delete, where the presser may, and say so in place of the question."""
        await interaction.response.defer()
        job = await _deletable(interaction, self.job_id)
        engine, say = interaction.client.engine, private_language(interaction)
        nothing_stands = await engine.delete(job.id, UserId(interaction.user.id))
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(say(DELETED if nothing_stands else CARD_STANDS)))
        await interaction.edit_original_response(view=view)


async def _deletable(interaction: Interaction, job_id: JobId) -> Job:
    """Return a job that the presser may delete; raise where they may not."""
    job = await job_here(interaction, job_id)
    if not may_manage(job, interaction.user.id, interaction.permissions):
        raise NotYoursToDeleteError(f"{job_id} by {interaction.user.id}")
    return job


async def setup(client: Client) -> None:
    """Answer the buttons, those of older processes too."""
    client.add_dynamic_items(DeleteButton, DeleteForGoodButton)

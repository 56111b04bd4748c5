"""Delete: a finished card goes, with every file that is kept of it, after being asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from cogs.cancel import may_cancel
from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import Language, language_of, private_language
from cogs.ui.sequel import job_here
from hailuo.errors import HailuoError
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from typing import ClassVar

    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job

SURE: Final = N_(
    "Delete this video for good? Its message goes, and the picture, the video and the prompt that "
    "are kept here. What it counted stays counted."
)
DELETED: Final = N_("Deleted. What it counted stays counted.")


class NotYoursToDeleteError(HailuoError):
    """Somebody wants to delete another member's video, and does not moderate its channel."""

    sentence: ClassVar[str] = N_(
        "Only the member who asked for this video, or somebody who may manage messages here, can "
        "delete it. Nothing was changed."
    )


class DeleteButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"delete-card:(?P<job>{JOB_ID_PATTERN})"
):
    """Asks, privately, whether to delete a job."""

    def __init__(self, job_id: JobId, say: Language | None = None) -> None:
        say = say or language_of(None)
        super().__init__(ui.Button(label=say("Delete"), custom_id=f"delete-card:{job_id}"))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del interaction, item
        return cls(JobId(match["job"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Ask whether it is meant."""
        async with answering(interaction):
            await defer_privately(interaction)
            job = await _deletable(interaction, self.job_id)
            say = private_language(interaction)
            view = ui.LayoutView(timeout=None)
            view.add_item(ui.TextDisplay(say(SURE)))
            view.add_item(ui.ActionRow[Any](DeleteForGoodButton(job.id, say)))
            await interaction.followup.send(view=view, ephemeral=True)


class DeleteForGoodButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"delete-card-now:(?P<job>{JOB_ID_PATTERN})"
):
    """Deletes a job."""

    def __init__(self, job_id: JobId, say: Language | None = None) -> None:
        say = say or language_of(None)
        super().__init__(
            ui.Button(
                label=say("Delete for good"),
                style=discord.ButtonStyle.danger,
                custom_id=f"delete-card-now:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del interaction, item
        return cls(JobId(match["job"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Delete, where the presser may, and say so in place of the question."""
        async with answering(interaction):
            await interaction.response.defer()
            job = await _deletable(interaction, self.job_id)
            await interaction.client.engine.delete(job.id, UserId(interaction.user.id))
            view = ui.LayoutView(timeout=None)
            view.add_item(ui.TextDisplay(private_language(interaction)(DELETED)))
            await interaction.edit_original_response(view=view)


async def _deletable(interaction: Interaction, job_id: JobId) -> Job:
    """Return a job that the presser may delete; raise where they may not."""
    job = await job_here(interaction, job_id)
    if not may_cancel(job, interaction.user.id, interaction.permissions):
        raise NotYoursToDeleteError(f"{job_id} by {interaction.user.id}")
    return job


async def setup(client: Client) -> None:
    """Answer the buttons, those of older processes too."""
    client.add_dynamic_items(DeleteButton, DeleteForGoodButton)

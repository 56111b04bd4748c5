"""A finished video once more: shown to its member alone, or posted where they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import discord
from discord import ui

from cogs.ui.card import link_to
from cogs.ui.errors import answer, check_served, defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import language_of, private_language
from cogs.ui.media import video_name
from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from pathlib import Path

    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job, JobId

SIZE_MARGIN: Final = 64 * 1024
"""What a message needs beside its file."""

GONE: Final = N_(
    "The video is no longer kept here, or too large to be sent here. RunComfy's own link may still "
    "lead to it; nothing was counted."
)
SHOWN_BY: Final = N_("A video by {member}")


class NotYoursError(HailuoError):
    """Somebody asks for a video that is not theirs, or that is no more."""

    sentence: ClassVar[str] = N_(
        "That video is not yours, or this bot does not know it any more. Nothing was changed."
    )


class NoFilesHereError(HailuoError):
    """Discord does not let the bot attach files in the channel."""

    sentence: ClassVar[str] = N_(
        "The bot may not attach files in this channel, so it cannot post the video here. Use Show, "
        "or ask again where it may. Nothing was counted."
    )


class ShowButton(JobButton, name="show", label=N_("Show"), style=discord.ButtonStyle.primary):
    """Shows a finished video again, to its member alone."""

    async def press(self, interaction: Interaction) -> None:
        """Send the kept file, or its link where the file is too large or gone."""
        await defer_privately(interaction)
        job = await _own_job(interaction, self.job_id)
        path = await _file(interaction, job)
        if path is not None:
            file = discord.File(path, video_name(job))
            await interaction.followup.send(file=file, ephemeral=True)
            return
        view = ui.LayoutView(timeout=None)
        say = private_language(interaction)
        view.add_item(ui.TextDisplay(say(GONE)))
        if job.video is not None:
            view.add_item(link_to(job.video.url, say))
        await interaction.followup.send(view=view, ephemeral=True)


class ResendButton(JobButton, name="resend", label=N_("Resend")):
    """Posts a finished video for everybody, in the channel where its member presses."""

    async def press(self, interaction: Interaction) -> None:
        """Post the kept file as the press's own answer, which there is one of."""
        check_served(interaction)
        job = await _own_job(interaction, self.job_id)
        await interaction.response.defer(thinking=True)
        path = await _file(interaction, job)
        if path is None:
            await answer(interaction, private_language(interaction)(GONE))
            return
        in_server = interaction.guild_id is not None
        say = language_of(str(interaction.guild_locale) if in_server else interaction.locale.value)
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(say(SHOWN_BY, member=interaction.user.mention)))
        name = video_name(job)
        view.add_item(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}")))
        try:
            # An interaction's own answer asks for no permission of the bot's.
            await interaction.followup.send(view=view, file=discord.File(path, name))
        except discord.Forbidden as error:
            raise NoFilesHereError(f"{interaction.channel_id}") from error


async def _own_job(interaction: Interaction, job_id: JobId) -> Job:
    """Return the presser's own job; a custom id is the client's word, so it may name any."""
    job = await interaction.client.engine.store.job(job_id)
    if job is None or job.deleted_at is not None or job.request.user_id != interaction.user.id:
        raise NotYoursError(f"{job_id} asked for by {interaction.user.id}")
    return job


async def _file(interaction: Interaction, job: Job) -> Path | None:
    """Return the video in a file that may be sent here; None where there is none."""
    limit = interaction.filesize_limit - SIZE_MARGIN
    return await interaction.client.engine.video_within(job, limit)


async def setup(client: Client) -> None:
    """Answer the buttons, those of older processes too."""
    client.add_dynamic_items(ShowButton, ResendButton)

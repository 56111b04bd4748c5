"""/history: a member's videos, newest first, privately, each to be shown again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from cogs.ui.card import LOOKS, link_to
from cogs.ui.client import Interaction
from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import private_language
from cogs.ui.media import video_name
from cogs.ui.memory import Memory, Place
from cogs.ui.text import escape, length, plain, relative, shorten
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from pathlib import Path

    from cogs.ui.client import Client
    from cogs.ui.language import Language
    from hailuo.engine import Engine
    from hailuo.jobs.job import Job

PER_PAGE: Final = 5
"""Jobs on a page; a message may hold 40 components, and a job takes up to seven."""
SHOWN_PROMPT: Final = 160
SIZE_MARGIN: Final = 64 * 1024

EMPTY: Final = N_("You have made no videos yet. `/animate` makes one from a picture and a prompt.")
NOT_YOURS: Final = N_("That video is not yours, or this bot does not know it any more.")
GONE: Final = N_(
    "The video is no longer kept here, or too large to be sent here. RunComfy's own link may still "
    "lead to it; nothing was counted."
)


class History(commands.Cog):
    """Find your videos again."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    @app_commands.command()
    async def history(self, interaction: Interaction) -> None:
        """See your videos, newest first, and show one again."""
        await defer_privately(interaction)
        view, files = await page(
            self._engine, UserId(interaction.user.id), 0, private_language(interaction)
        )
        await interaction.followup.send(view=view, files=files, ephemeral=True)


class PageButton(ui.DynamicItem[ui.Button[Any]], template=r"history:(?P<page>\d{1,6})"):
    """Turns to another page of the presser's own history."""

    def __init__(self, number: int, label: str, *, disabled: bool = False) -> None:
        super().__init__(ui.Button(label=label, custom_id=f"history:{number}", disabled=disabled))
        self.number = number

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its page."""
        del interaction, item
        return cls(int(match["page"]), "")

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Turn the page in place."""
        async with answering(interaction):
            await interaction.response.defer()
            view, files = await page(
                interaction.client.engine,
                UserId(interaction.user.id),
                self.number,
                private_language(interaction),
            )
            await interaction.edit_original_response(view=view, attachments=files)


class ShowButton(ui.DynamicItem[ui.Button[Any]], template=rf"show:(?P<job>{JOB_ID_PATTERN})"):
    """Shows a finished video again, to its member alone."""

    def __init__(self, job_id: JobId, say: Language) -> None:
        super().__init__(
            ui.Button(
                label=say("Show"), style=discord.ButtonStyle.primary, custom_id=f"show:{job_id}"
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del item
        return cls(JobId(match["job"]), private_language(interaction))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Send the kept file, or its link where the file is too large or gone."""
        async with answering(interaction):
            await defer_privately(interaction)
            engine = interaction.client.engine
            job = await engine.store.job(self.job_id)
            if job is None or job.request.user_id != interaction.user.id:
                await interaction.followup.send(
                    private_language(interaction)(NOT_YOURS), ephemeral=True
                )
                return
            await _show(interaction, job)


async def page(
    engine: Engine, user_id: UserId, number: int, say: Language
) -> tuple[ui.LayoutView, list[discord.File]]:
    """Draw one page of a member's history, counted from 0, and the thumbnails it shows."""
    jobs = await engine.store.history(user_id, limit=PER_PAGE + 1, offset=number * PER_PAGE)
    if not jobs and number > 0:
        return await page(engine, user_id, 0, say)
    view = ui.LayoutView(timeout=None)
    if not jobs:
        view.add_item(ui.TextDisplay(say(EMPTY)))
        return view, []
    shown = jobs[:PER_PAGE]
    thumbnails = await asyncio.to_thread(_thumbnails, engine, shown)
    view.add_item(ui.TextDisplay(f"### {say('Your videos · page {page}', page=number + 1)}"))
    for job in shown:
        view.add_item(_entry(job, thumbnails.get(job.id), say))
    if number > 0 or len(jobs) > PER_PAGE:
        view.add_item(
            ui.ActionRow[Any](
                PageButton(max(0, number - 1), say("Newer"), disabled=number == 0),
                PageButton(number + 1, say("Older"), disabled=len(jobs) <= PER_PAGE),
            )
        )
    return view, [
        discord.File(path, _thumbnail_name(job_id)) for job_id, path in thumbnails.items()
    ]


def _thumbnails(engine: Engine, jobs: Sequence[Job]) -> dict[JobId, Path]:
    found = ((job.id, engine.thumbnail(job)) for job in jobs)
    return {job_id: path for job_id, path in found if path is not None}


def _thumbnail_name(job_id: JobId) -> str:
    return f"{job_id}.jpg"


def _entry(job: Job, thumbnail: Path | None, say: Language) -> ui.Container[Any]:
    """Draw one job: what was asked, how it ended and when, where its card is."""
    text = ui.TextDisplay[Any](
        f"**{say(LOOKS[job.state].label)}** · {relative(job.created_at)}{_took(job, say)}\n"
        f"> {escape(shorten(plain(job.request.prompt), SHOWN_PROMPT))}"
    )
    top: ui.Item[Any] = text
    if thumbnail is not None:
        name = _thumbnail_name(job.id)
        top = ui.Section(text, accessory=ui.Thumbnail(f"attachment://{name}"))
    buttons: list[ui.Item[Any]] = []
    if job.video is not None:
        buttons.append(ShowButton(job.id, say))
    link = _card_link(job)
    if link is not None:
        buttons.append(ui.Button(label=say("Go to the card"), url=link))
    look = LOOKS[job.state]
    row = (ui.ActionRow[Any](*buttons),) if buttons else ()
    return ui.Container(top, *row, accent_colour=look.colour)


def _took(job: Job, say: Language) -> str:
    if job.finished_at is None:
        return ""
    duration = length((job.finished_at - job.created_at).total_seconds(), say)
    return f" · {say('took {duration}', duration=duration)}"


def _card_link(job: Job) -> str | None:
    """Return the address of what shows the job: its card, or what was posted in its place."""
    card = job.request.card
    place = Memory.load(card.memory).posted
    if place is None:
        if card.message_id is None:
            return None
        place = Place(job.request.channel_id, card.message_id)
    alone = job.request.private or job.request.guild_id is None
    is_dm = alone or place.channel_id != job.request.channel_id
    guild = "@me" if is_dm else job.request.guild_id
    return f"https://discord.com/channels/{guild}/{place.channel_id}/{place.message_id}"


async def _show(interaction: Interaction, job: Job) -> None:
    """Send a job's video to the presser alone: the file, else the API's link and why."""
    limit = interaction.filesize_limit - SIZE_MARGIN
    path = await interaction.client.engine.video_within(job, limit)
    if path is not None:
        await interaction.followup.send(file=discord.File(path, video_name(job)), ephemeral=True)
        return
    say = private_language(interaction)
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(say(GONE)))
    if job.video is not None:
        view.add_item(link_to(job.video.url, say))
    await interaction.followup.send(view=view, ephemeral=True)


async def setup(client: Client) -> None:
    """Add the command and its buttons, those of older processes too."""
    client.add_dynamic_items(PageButton, ShowButton)
    await client.add_cog(History(client))

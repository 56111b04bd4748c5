"""/history: a member's videos, newest first, privately: searched, shown, sent again, deleted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from cogs.ui.album import PER_PAGE, STANDINGS, draw, thumbnail_name
from cogs.ui.client import Interaction
from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import Language, language_of, private_language
from cogs.ui.text import plain
from hailuo.jobs.history import ALL, NEWEST, Page, Place, Search, Standing, Turn
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from pathlib import Path

    from cogs.ui.client import Client
    from hailuo.engine import Engine

LONGEST_WORDS: Final = 30
"""Characters to search for: a custom id has 100, however Discord counts what lies beyond U+FFFF."""
ANY: Final = "any"

TURNS: Final[Mapping[Turn, str]] = {
    Turn.NEWEST: N_("Newest"),
    Turn.NEWER: N_("Newer"),
    Turn.OLDER: N_("Older"),
    Turn.OLDEST: N_("Oldest"),
}
_TURN: Final = "|".join(Turn)
_STANDING: Final = "|".join((ANY, *Standing))


class History(commands.Cog):
    """Find your videos again."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    @app_commands.command()
    @app_commands.describe(
        state="Only videos that stand like this", words="Only videos with these words in the prompt"
    )
    async def history(
        self,
        interaction: Interaction,
        state: Literal["running", "done", "failed", "cancelled", "unclear"] | None = None,
        words: app_commands.Range[str, 1, LONGEST_WORDS] | None = None,
    ) -> None:
        """See your videos, newest first: show one again, send it again, delete it."""
        await defer_privately(interaction)
        standing = None if state is None else Standing(state)
        await _send(interaction, Search(standing, plain(words or "")))


class PageButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"history:(?P<turn>{_TURN}):(?P<beside>{JOB_ID_PATTERN})?"
    rf":(?P<standing>{_STANDING}):(?P<words>.{{0,{LONGEST_WORDS}}})",
):
    """Turns the page of the presser's own history."""

    def __init__(
        self, search: Search, place: Place, say: Language | None = None, *, disabled: bool = False
    ) -> None:
        say = say or language_of(None)
        standing = search.standing or ANY
        custom_id = f"history:{place.turn}:{place.beside or ''}:{standing}:{search.words}"
        label = say(TURNS[place.turn])
        super().__init__(ui.Button(label=label, custom_id=custom_id, disabled=disabled))
        self.search = search
        self.place = place

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its page and its search."""
        del interaction, item
        beside = None if match["beside"] is None else JobId(match["beside"])
        search = Search(_standing(match["standing"]), match["words"])
        return cls(search, Place(Turn(match["turn"]), beside))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Turn the page in place."""
        async with answering(interaction):
            await _turn(interaction, self.search, self.place)


class StandingSelect(
    ui.DynamicItem[ui.Select[Any]],
    template=rf"history-state:(?P<words>.{{0,{LONGEST_WORDS}}})",
):
    """Narrows the presser's own history to the videos of one standing."""

    def __init__(self, search: Search, say: Language | None = None) -> None:
        say = say or language_of(None)
        names = {ANY: say("All videos")} | {one.value: say(STANDINGS[one]) for one in Standing}
        chosen = search.standing or ANY
        options = [
            discord.SelectOption(label=name, value=value, default=value == chosen)
            for value, name in names.items()
        ]
        super().__init__(ui.Select(options=options, custom_id=f"history-state:{search.words}"))
        self.words = search.words

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the select from its search."""
        del interaction, item
        return cls(Search(words=match["words"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Show the newest page of what was chosen."""
        async with answering(interaction):
            await _turn(interaction, Search(_standing(self.item.values[0]), self.words), NEWEST)


async def _send(interaction: Interaction, search: Search) -> None:
    """Answer a deferred interaction with the newest page."""
    view, files = await _page(interaction, search, NEWEST)
    await interaction.followup.send(view=view, files=files, ephemeral=True)


async def _turn(interaction: Interaction, search: Search, place: Place) -> None:
    """Show another page in place, but never in a message that others see."""
    message = interaction.message
    if message is None or not message.flags.ephemeral:
        await defer_privately(interaction)
        await _send(interaction, search)
        return
    await interaction.response.defer()
    view, files = await _page(interaction, search, place)
    await interaction.edit_original_response(view=view, attachments=files)


async def _page(
    interaction: Interaction, search: Search, place: Place
) -> tuple[ui.LayoutView, list[discord.File]]:
    """Draw a page of the member's history, and open the thumbnails it shows."""
    engine, say = interaction.client.engine, private_language(interaction)
    user_id = UserId(interaction.user.id)
    page = await engine.store.history(user_id, search, place, limit=PER_PAGE)
    thumbnails = await asyncio.to_thread(_thumbnails, engine, page)
    view = ui.LayoutView(timeout=None)
    for item in draw(page, search, thumbnails, say):
        view.add_item(item)
    for item in controls(page, search, say):
        view.add_item(item)
    files = [discord.File(path, thumbnail_name(job_id)) for job_id, path in thumbnails.items()]
    return view, files


def controls(page: Page, search: Search, say: Language) -> list[ui.Item[Any]]:
    """Draw what turns the page, and what narrows it, where there is anything to turn or narrow."""
    controls: list[ui.Item[Any]] = []
    if page.newer or page.older:
        first, last = page.jobs[0].id, page.jobs[-1].id
        controls.append(
            ui.ActionRow[Any](
                PageButton(search, NEWEST, say, disabled=not page.newer),
                PageButton(search, Place(Turn.NEWER, first), say, disabled=not page.newer),
                PageButton(search, Place(Turn.OLDER, last), say, disabled=not page.older),
                PageButton(search, Place(Turn.OLDEST), say, disabled=not page.older),
            )
        )
    if page.jobs or search != ALL:
        controls.append(ui.ActionRow[Any](StandingSelect(search, say)))
    return controls


def _thumbnails(engine: Engine, page: Page) -> dict[JobId, Path]:
    found = ((job.id, engine.thumbnail(job)) for job in page.jobs)
    return {job_id: path for job_id, path in found if path is not None}


def _standing(value: str) -> Standing | None:
    return None if value == ANY else Standing(value)


async def setup(client: Client) -> None:
    """Add the command and what its pages hold, those of older processes too."""
    client.add_dynamic_items(PageButton, StandingSelect)
    await client.add_cog(History(client))

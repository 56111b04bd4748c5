"""Modals: what a member is asked to fill in, and the one listener that hears their answers.

A modal's custom id says all that its answer needs, so it outlives a restart. discord.py drops the
answers to modals that it has not sent in this process; therefore it is not asked to keep any.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import discord
from discord import ui
from discord.ext import commands

from cogs.ui.client import Interaction
from cogs.ui.errors import answer, answering
from cogs.ui.language import private_language
from cogs.ui.text import shorten
from hailuo.runcomfy.rules import PROMPT_MAX_CHARACTERS
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cogs.ui.client import Client

LONGEST_TITLE: Final = 45
MOST_OPTIONS: Final = 25
PROMPT: Final = "prompt"
PICTURE: Final = "picture"
OUTDATED: Final = N_(
    "The bot does not know this form any more. Nothing was counted; please open it again."
)

Answers: TypeAlias = Mapping[str, str]
"""What was filled in, by field; of a menu the first choice."""
Submit: TypeAlias = Callable[[Interaction, re.Match[str], Answers], Awaitable[None]]
"""Takes a modal's answer, where it may be given; the match is that of its custom id."""


class Modals(commands.Cog):
    """Hands each answer to whoever asked, by the modal's custom id."""

    def __init__(self) -> None:
        self._forms: list[tuple[re.Pattern[str], Submit]] = []

    def add(self, template: str, submit: Submit) -> None:
        """Have ``submit`` take the answers to modals whose custom id fits ``template``."""
        self._forms.append((re.compile(template), submit))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Take the answer to a modal, whichever process opened it."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        async with answering(interaction):
            data: Mapping[str, Any] = interaction.data or {}
            for pattern, submit in self._forms:
                match = pattern.fullmatch(data.get("custom_id", ""))
                if match is not None:
                    await submit(interaction, match, dict(_filled(data.get("components", ()))))
                    return
            await answer(interaction, private_language(interaction)(OUTDATED))


async def ask(
    interaction: Interaction,
    custom_id: str,
    *,
    title: str,
    cost: str,
    prompt: str = "",
    pictures: Sequence[discord.SelectOption] = (),
) -> None:
    """Answer with a modal that asks for a prompt and, of several pictures, which one."""
    say = private_language(interaction)
    modal = ui.Modal(title=shorten(title, LONGEST_TITLE), custom_id=custom_id)
    modal.add_item(ui.TextDisplay(cost))
    if len(pictures) > 1:
        menu = ui.Select[Any](custom_id=PICTURE, options=list(pictures[:MOST_OPTIONS]))
        modal.add_item(ui.Label(text=say("Which picture"), component=menu))
    field = ui.TextInput[Any](
        custom_id=PROMPT,
        style=discord.TextStyle.paragraph,
        default=prompt[:PROMPT_MAX_CHARACTERS] or None,
        min_length=1,
        max_length=PROMPT_MAX_CHARACTERS,
    )
    modal.add_item(ui.Label(text=say("What should happen in the video"), component=field))
    modal.stop()  # so that discord.py does not keep it: `Modals` hears its answer
    await interaction.response.send_modal(modal)


def _filled(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each field's name and what was put into it."""
    for component in components:
        inner = component.get("component")
        yield from _filled((inner,) if inner else component.get("components", ()))
        if "custom_id" in component:
            values = component.get("values") or ("",)
            yield component["custom_id"], str(component.get("value", values[0]))


async def setup(client: Client) -> None:
    """Listen for the answers to modals, those of older processes too."""
    client.modals = Modals()
    await client.add_cog(client.modals)

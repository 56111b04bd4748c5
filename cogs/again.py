"""Again: the same picture, prompt and options once more, once its member knows the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from cogs.offer import draw, take
from cogs.ui.cost import cost_of
from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import Language, language_of, private_language
from cogs.ui.lineage import OriginKind
from cogs.ui.request import request_of
from cogs.ui.sequel import origin_in, parent_of, picture_of
from cogs.ui.text import quoted
from hailuo.jobs.job import JOB_ID_PATTERN, JobId

if TYPE_CHECKING:
    import re

    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.offers import Offer


class AgainButton(ui.DynamicItem[ui.Button[Any]], template=rf"again:(?P<job>{JOB_ID_PATTERN})"):
    """Asks, privately, whether a job is to be made once more."""

    def __init__(self, job_id: JobId, say: Language | None = None) -> None:
        say = say or language_of(None)
        super().__init__(ui.Button(label=say("Again"), custom_id=f"again:{job_id}"))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del interaction, item
        return cls(JobId(match["job"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Say what it costs, with a button that begins it."""
        async with answering(interaction):
            await defer_privately(interaction)
            job = await parent_of(interaction, self.job_id)
            cost = await cost_of(interaction)
            prompt, optimizer = job.request.prompt, job.request.prompt_optimizer
            request = request_of(interaction, None, prompt, prompt_optimizer=optimizer)
            request = origin_in(interaction, OriginKind.AGAIN, job).of(request)
            source = await picture_of(interaction, job)
            offer = await interaction.client.engine.propose(request, source)
            view, files = _draw(offer, cost, private_language(interaction))
            await interaction.followup.send(view=view, files=files, ephemeral=True)


class BeginButton(ui.DynamicItem[ui.Button[Any]], template=rf"begin:(?P<offer>{JOB_ID_PATTERN})"):
    """Begins what was offered as it is, once; the public answer to it becomes the card."""

    def __init__(self, offer_id: JobId, say: Language | None = None) -> None:
        say = say or language_of(None)
        super().__init__(
            ui.Button(
                label=say("Begin"),
                style=discord.ButtonStyle.primary,
                custom_id=f"begin:{offer_id}",
            )
        )
        self.offer_id = offer_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its offer."""
        del interaction, item
        return cls(JobId(match["offer"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Begin, if the offer is still open."""
        async with answering(interaction):
            await take(interaction, self.offer_id, None)


def _draw(offer: Offer, cost: str, say: Language) -> tuple[ui.LayoutView, list[discord.File]]:
    """Draw what is offered: as it is or, where its picture broke a rule after all, repaired."""
    if any(choice.kind is not None for choice in offer.choices):
        return draw(offer, say)
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(f"{quoted(offer.prompt)}\n{cost}"))
    view.add_item(ui.ActionRow[Any](BeginButton(offer.id, say)))
    return view, []


async def setup(client: Client) -> None:
    """Answer the buttons, those of older processes too."""
    client.add_dynamic_items(AgainButton, BeginButton)

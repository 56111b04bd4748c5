"""Again: the same picture, prompt and options once more, once its member knows the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from cogs.offer import draw, take
from cogs.ui.cost import cost_of
from cogs.ui.errors import defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import Language, private_language
from cogs.ui.lineage import OriginKind
from cogs.ui.request import request_of
from cogs.ui.sequel import origin_in, parent_of, picture_of
from cogs.ui.text import quoted
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.offers import Offer


class AgainButton(JobButton, name="again", label=N_("Again")):
    """Asks, privately, whether a job is to be made once more."""

    async def press(self, interaction: Interaction) -> None:
        """Say what it costs, with a button that begins it."""
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


class BeginButton(JobButton, name="begin", label=N_("Begin"), style=discord.ButtonStyle.primary):
    """Begins what was offered as it is, once; the public answer to it becomes the card."""

    async def press(self, interaction: Interaction) -> None:
        """Begin, if the offer is still open."""
        await take(interaction, self.job_id, None)


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

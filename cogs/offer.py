"""A picture that breaks a rule on sizes: how it could be repaired, to choose from in private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from cogs.ui.errors import acknowledge, answering, explain
from cogs.ui.private import begin_privately
from cogs.ui.request import request_of
from cogs.ui.text import sentence_of
from hailuo.errors import HailuoError
from hailuo.images.repair import RepairKind
from hailuo.jobs.checks import size_error
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId

if TYPE_CHECKING:
    import re

    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Request
    from hailuo.jobs.offers import Choice, Offer

WITHDRAWN: Final = "Left as it is. Nothing was counted."
EXPLAINED: Final = {
    RepairKind.ENLARGE: "**Enlarged** {times:.2g}×, since it is too small as it is",
    RepairKind.CROP: "**Cropped** to the part with the most detail",
    RepairKind.PAD: "**Padded** with blurred edges, nothing cut off",
}
LABELS: Final = {
    RepairKind.ENLARGE: "Enlarge",
    RepairKind.CROP: "Crop",
    RepairKind.PAD: "Pad",
}
_KINDS: Final = "|".join(RepairKind)


def draw(offer: Offer) -> tuple[ui.LayoutView, list[discord.File]]:
    """Draw an offer: what is wrong, how each repair looks, and a button for each."""
    view = ui.LayoutView(timeout=None)
    error = size_error(offer.size.width, offer.size.height)
    wrong = "" if error is None else sentence_of(error)
    view.add_item(ui.TextDisplay(f"⚠️ {wrong}\nOr take it repaired:"))
    files: list[discord.File] = []
    buttons: list[ui.Item[Any]] = []
    for choice in offer.choices:
        if choice.kind is None:
            continue  # as it is: `cogs.again` draws that
        files.append(discord.File(choice.path, f"{choice.kind}{choice.path.suffix}"))
        view.add_item(_preview(choice, choice.kind, files[-1].filename))
        buttons.append(TakeButton(offer.id, choice.kind))
    view.add_item(ui.ActionRow[Any](*buttons, KeepOutButton(offer.id)))
    return view, files


def _preview(choice: Choice, kind: RepairKind, name: str) -> ui.Section[Any]:
    text = EXPLAINED[kind].format(times=choice.enlargement)
    return ui.Section(
        f"{text}: {choice.width} × {choice.height}",
        accessory=ui.Thumbnail(f"attachment://{name}", description=LABELS[kind]),
    )


class TakeButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"take:(?P<kind>{_KINDS}):(?P<offer>{JOB_ID_PATTERN})",
):
    """Takes one repair of an offer; the public answer to it becomes the card."""

    def __init__(self, offer_id: JobId, kind: RepairKind) -> None:
        super().__init__(
            ui.Button(
                label=LABELS[kind],
                style=discord.ButtonStyle.primary,
                custom_id=f"take:{kind}:{offer_id}",
            )
        )
        self.offer_id = offer_id
        self.kind = kind

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its offer and kind."""
        del interaction, item
        return cls(JobId(match["offer"]), RepairKind(match["kind"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Begin with the repaired picture, if the offer is still open."""
        async with answering(interaction):
            await take(interaction, self.offer_id, self.kind)


class KeepOutButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"keep-out:(?P<offer>{JOB_ID_PATTERN})"
):
    """Leaves an offer; its pictures are forgotten at once."""

    def __init__(self, offer_id: JobId) -> None:
        super().__init__(ui.Button(label="Keep out", custom_id=f"keep-out:{offer_id}"))
        self.offer_id = offer_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from its offer."""
        del interaction, item
        return cls(JobId(match["offer"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Forget the offer."""
        async with answering(interaction):
            view = ui.LayoutView(timeout=None)
            view.add_item(ui.TextDisplay(WITHDRAWN))
            await interaction.response.edit_message(view=view, attachments=[])
            await interaction.client.engine.withdraw_offer(self.offer_id)


async def take(interaction: Interaction, offer_id: JobId, kind: RepairKind | None) -> None:
    """Begin with a choice of an offer, if it is still open; the public answer becomes the card."""
    engine = interaction.client.engine
    offer, choice = await engine.offer(offer_id, kind, UserId(interaction.user.id))
    message_id = await acknowledge(interaction, private=offer.private)
    request = offer.inherited(
        request_of(interaction, message_id, offer.prompt, prompt_optimizer=offer.prompt_optimizer)
    )

    async def begin(request: Request) -> None:
        await engine.take_offer(request, offer, choice)

    if offer.private:
        await begin_privately(interaction, request, begin)
    else:
        await begin(request)


async def show(interaction: Interaction, offer: Offer) -> None:
    """Put an offer to its member alone, in place of the public answer."""
    view, files = draw(offer)
    try:
        if not offer.private:
            await interaction.delete_original_response()
        await interaction.followup.send(view=view, files=files, ephemeral=True)
    except discord.HTTPException as failure:
        await explain(interaction, HailuoError(str(failure)))


async def setup(client: Client) -> None:
    """Answer the buttons of offers, those of older processes too."""
    client.add_dynamic_items(TakeButton, KeepOutButton)

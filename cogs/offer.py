"""A picture that breaks a rule on sizes: how it could be repaired, to choose from in private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from cogs.ui.acknowledging import defer
from cogs.ui.errors import answering, check_served, explain, stop_thinking
from cogs.ui.job_button import JobButton
from cogs.ui.language import private_language
from cogs.ui.private import begin_privately
from cogs.ui.request import request_of
from cogs.ui.text import sentence_of
from hailuo.errors import HailuoError
from hailuo.images.repair import RepairKind
from hailuo.jobs.checks import size_error
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    import re

    from cogs.ui.client import Client, Interaction
    from cogs.ui.language import Language
    from hailuo.jobs.job import Request
    from hailuo.jobs.offers import Choice, Offer

WITHDRAWN: Final = N_("Left as it is. Nothing was counted.")
EXPLAINED: Final = {
    RepairKind.ENLARGE: N_("**Enlarged** {times}×, since it is too small as it is"),
    RepairKind.CROP: N_("**Cropped** to the part with the most detail"),
    RepairKind.PAD: N_("**Padded** with blurred edges, nothing cut off"),
}
LABELS: Final = {
    RepairKind.ENLARGE: N_("Enlarge"),
    RepairKind.CROP: N_("Crop"),
    RepairKind.PAD: N_("Pad"),
}
_KINDS: Final = "|".join(RepairKind)


def draw(offer: Offer, say: Language) -> tuple[ui.LayoutView, list[discord.File]]:
    """Draw an offer: what is wrong, how each repair looks, and a button for each."""
    view = ui.LayoutView(timeout=None)
    error = size_error(offer.size.width, offer.size.height)
    wrong = "" if error is None else sentence_of(error, say)
    view.add_item(ui.TextDisplay(f"⚠️ {wrong}\n{say('Or take it repaired:')}"))
    files: list[discord.File] = []
    buttons: list[ui.Item[Any]] = []
    for choice in offer.choices:
        files.append(discord.File(choice.path, f"{choice.kind}{choice.path.suffix}"))
        view.add_item(_preview(choice, files[-1].filename, say))
        buttons.append(TakeButton(offer.id, choice.kind, say))
    view.add_item(ui.ActionRow[Any](*buttons, KeepOutButton(offer.id, say)))
    return view, files


def _preview(choice: Choice, name: str, say: Language) -> ui.Section[Any]:
    text = say(EXPLAINED[choice.kind], times=say.number(choice.enlargement))
    return ui.Section(
        f"{text}: {choice.width} × {choice.height}",
        accessory=ui.Thumbnail(f"attachment://{name}", description=say(LABELS[choice.kind])),
    )


class TakeButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"take:(?P<kind>{_KINDS}):(?P<offer>{JOB_ID_PATTERN})",
):
    """Takes one repair of an offer; the public answer to it becomes the card."""

    def __init__(self, offer_id: JobId, kind: RepairKind, say: Language) -> None:
        super().__init__(
            ui.Button(
                label=say(LABELS[kind]),
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
        del item
        kind = RepairKind(match["kind"])
        return cls(JobId(match["offer"]), kind, private_language(interaction))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Begin with the repaired picture, if the offer is still open."""
        async with answering(interaction):
            await take(interaction, self.offer_id, self.kind)


class KeepOutButton(JobButton, name="keep-out", label=N_("Keep out")):
    """Leaves an offer; its pictures are forgotten at once."""

    async def press(self, interaction: Interaction) -> None:
        """Forget the offer."""
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.TextDisplay(private_language(interaction)(WITHDRAWN)))
        await interaction.response.edit_message(view=view, attachments=[])
        await interaction.client.engine.withdraw_offer(self.job_id, UserId(interaction.user.id))


async def take(interaction: Interaction, offer_id: JobId, kind: RepairKind) -> None:
    """Begin with a choice of an offer, if it is still open; the public answer becomes the card."""
    engine = interaction.client.engine
    offer, choice = await engine.offer(offer_id, kind, UserId(interaction.user.id))
    check_served(interaction, offer.private_in)
    private = offer.private_in is not None
    message_id = await defer(interaction, privately=private)
    request = offer.inherited(
        request_of(interaction, message_id, offer.prompt, prompt_optimizer=offer.prompt_optimizer)
    )

    async def begin(request: Request) -> None:
        await engine.take_offer(request, offer, choice)

    if private:
        await begin_privately(interaction, request, begin)
    else:
        await begin(request)


async def show(interaction: Interaction, offer: Offer) -> None:
    """Put an offer to its member alone, in place of the public answer."""
    view, files = draw(offer, private_language(interaction))
    try:
        await stop_thinking(interaction)
        await interaction.followup.send(view=view, files=files, ephemeral=True)
    except discord.HTTPException as failure:
        await explain(interaction, HailuoError(str(failure)))


async def setup(client: Client) -> None:
    """Answer the buttons of offers, those of older processes too."""
    client.add_dynamic_items(TakeButton, KeepOutButton)

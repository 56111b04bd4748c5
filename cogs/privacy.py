"""/privacy: what is stored and why, a say in it, a copy of it, and the end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from cogs.ui.client import Interaction
from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import Language, language_of, private_language
from cogs.ui.text import relative
from hailuo.jobs.job import UserId
from hailuo.sweeps import HISTORY_KEPT
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from cogs.ui.client import Client
    from hailuo.engine import Engine
    from hailuo.store.records import Holdings

SIZE_MARGIN: Final = 64 * 1024

SHARE, KEEP, EXPORT, FORGET, FORGET_NOW = "share", "keep", "export", "forget", "forget-now"
_LABELS: Final[Mapping[str, str]] = {
    SHARE: N_("Let others animate my pictures"),
    KEEP: N_("Do not let others animate my pictures"),
    EXPORT: N_("Get a copy"),
    FORGET: N_("Forget me"),
    FORGET_NOW: N_("Forget me for good"),
}

WHY: Final = N_(
    "**For your history:** your prompt, your picture and its video, when and where you asked, and "
    "how it ended. It goes when you delete it, and {days} days after its end. Pictures and videos "
    "themselves are kept for {kept}.\n"
    "**To keep the card up to date:** where its message is, and a key to it that dies after "
    "15 minutes and is then removed.\n"
    "**For the quota:** your user id with the time of each video. When you delete a video this "
    "stays until the quota no longer needs it; then the id is taken away.\n"
    "**Who else sees it:** Discord carries your messages and pictures, and RunComfy gets the "
    "picture and the prompt to make the video. Both keep what they keep by their own rules."
)
SHARED: Final = N_("Others may animate pictures that you posted.")
KEPT: Final = N_("Nobody else may animate pictures that you posted.")
COPY: Final = N_("This is all that is stored about you.")
COPY_IN_PARTS: Final = N_(
    "This is all that is stored about you, compressed and cut into parts: join them in order."
)
FILES_APART: Final = N_("Pictures and videos themselves are in {history}.")
BEFORE_FORGETTING: Final = N_(
    "**Forget everything?**\n"
    "- Your history goes, with prompts, pictures and videos, and cannot be brought back.\n"
    "- Cards stay in their channels, since they are messages there. To remove them too, delete "
    "them first, in {history}.\n"
    "- What you used of the quota stays counted, so this frees up nothing. Once it counts no more, "
    "your id is taken from it.\n"
    "- Of a video that nobody can tell the fate of, its number stays until that is clear, for the "
    "people who run this bot.\n"
    "- If you told others not to animate your pictures, that stays: forgetting it would undo it.\n"
    "- Videos in the making must end first: wait, or cancel them."
)
OF_OTHERS: Final = N_(
    "- What others made of your pictures stays theirs, and nothing links it to you any more, so a "
    "later no cannot reach it."
)
FORGOTTEN: Final = N_("Forgotten. What you used of the quota stays counted until it frees up.")


class Privacy(commands.Cog):
    """See and decide what is stored about you."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @app_commands.command()
    async def privacy(self, interaction: Interaction) -> None:
        """See what is stored about you and why, get a copy, or have it forgotten."""
        await defer_privately(interaction)
        await interaction.followup.send(view=await _overview(interaction), ephemeral=True)


class PrivacyButton(
    ui.DynamicItem[ui.Button[Any]], template=rf"privacy:(?P<act>{'|'.join(_LABELS)})"
):
    """Does one thing about the presser's own data; an id names no member, so it can name no other.

    Every answer is private, wherever it is pressed.
    """

    def __init__(self, act: str, say: Language | None = None) -> None:
        say = say or language_of(None)
        red = act in {FORGET, FORGET_NOW}
        style = discord.ButtonStyle.danger if red else discord.ButtonStyle.secondary
        label = say(_LABELS[act])
        super().__init__(ui.Button(label=label, style=style, custom_id=f"privacy:{act}"))
        self.act = act

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from what it does."""
        del interaction, item
        return cls(match["act"])

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Do it, and say so to the presser alone."""
        async with answering(interaction):
            match self.act:
                case "export":
                    await defer_privately(interaction)
                    await _export(interaction)
                case "forget":
                    await defer_privately(interaction)
                    await interaction.followup.send(view=_question(interaction), ephemeral=True)
                case "forget-now":
                    await _in_place(interaction)
                    await _forget(interaction)
                case _:
                    await _in_place(interaction)
                    await _choose(interaction, shares=self.act == SHARE)


async def _in_place(interaction: Interaction) -> None:
    """Acknowledge so that the answer takes the private message's place."""
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await interaction.response.defer()
    else:
        await defer_privately(interaction)


async def _choose(interaction: Interaction, *, shares: bool) -> None:
    user_id = UserId(interaction.user.id)
    await interaction.client.engine.store.set_shares_pictures(user_id, shares=shares)
    await interaction.edit_original_response(view=await _overview(interaction))


async def _forget(interaction: Interaction) -> None:
    await interaction.client.engine.privacy.forget(UserId(interaction.user.id))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(private_language(interaction)(FORGOTTEN)))
    await interaction.edit_original_response(view=view)


async def _export(interaction: Interaction) -> None:
    """Send the member's data to them alone, in as many messages as it takes."""
    say = private_language(interaction)
    limit = interaction.filesize_limit - SIZE_MARGIN
    privacy = interaction.client.engine.privacy
    async with privacy.export(UserId(interaction.user.id), limit) as paths:
        text = say(COPY if len(paths) == 1 else COPY_IN_PARTS)
        text += f" {say(FILES_APART, history=interaction.client.mention('history'))}"
        for number, path in enumerate(paths):
            name = f"hailuo-data{''.join(path.suffixes)}"
            await interaction.followup.send(
                text if number == 0 else "", file=discord.File(path, name), ephemeral=True
            )


async def _overview(interaction: Interaction) -> ui.LayoutView:
    """Draw what is stored about a member, and what they can do about it."""
    engine, say = interaction.client.engine, private_language(interaction)
    user_id = UserId(interaction.user.id)
    shares = await engine.store.shares_pictures(user_id)
    holdings = await engine.privacy.holdings(user_id)
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(f"### {say('What is stored about you')}\n{_numbers(holdings, say)}"),
            ui.TextDisplay(_why(engine, say)),
            ui.Separator(),
            ui.TextDisplay(say(SHARED if shares else KEPT)),
            ui.ActionRow[Any](PrivacyButton(KEEP if shares else SHARE, say)),
            ui.Separator(),
            ui.ActionRow[Any](PrivacyButton(EXPORT, say), PrivacyButton(FORGET, say)),
        )
    )
    return view


def _numbers(holdings: Holdings, say: Language) -> str:
    if holdings.since is None:
        lines = [say("Your history is empty.")]
    else:
        lines = [
            say.plural(
                "{count} video in your history; it was made {when}.",
                "{count} videos in your history, the oldest made {when}.",
                holdings.jobs,
                when=relative(holdings.since),
            )
        ]
    if holdings.husks:
        lines.append(
            say.plural(
                "{count} deleted one of which only its number and time stay, for the quota.",
                "{count} deleted ones of which only number and time stay, for the quota.",
                holdings.husks,
            )
        )
    return "\n".join(lines)


def _why(engine: Engine, say: Language) -> str:
    kept = say.plural("{count} day", "{count} days", engine.settings.keep_videos_days)
    return say(WHY, days=HISTORY_KEPT.days, kept=kept)


def _question(interaction: Interaction) -> ui.LayoutView:
    say = private_language(interaction)
    view = ui.LayoutView(timeout=None)
    history = interaction.client.mention("history")
    text = f"{say(BEFORE_FORGETTING, history=history)}\n{say(OF_OTHERS)}"
    view.add_item(ui.TextDisplay(text))
    view.add_item(ui.ActionRow[Any](PrivacyButton(FORGET_NOW, say)))
    return view


async def setup(client: Client) -> None:
    """Add the command and its buttons, those of older processes too."""
    client.add_dynamic_items(PrivacyButton)
    await client.add_cog(Privacy(client))

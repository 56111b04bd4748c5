"""The one error funnel: whatever goes wrong reaches the member as one private sentence."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Final

import aiohttp
import discord
import structlog
from discord import app_commands

from cogs.ui import codes
from cogs.ui.acknowledging import PRIVATE, PUBLIC, defer
from cogs.ui.client import Client, Interaction
from cogs.ui.language import private_language
from cogs.ui.sender import TOKEN_MARGIN
from cogs.ui.text import sentence_of
from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable


log = structlog.get_logger(__name__)

ALREADY_ANSWERED: Final = frozenset({10062, 40060})
"""Too late, or answered before: Discord delivered it twice, or to two processes."""
NOT_HERE: Final = N_(
    "This bot serves certain servers only, and not this place. Nothing was counted."
)


class NotServedError(HailuoError):
    """The operator did not allow this place."""

    sentence: ClassVar[str] = NOT_HERE


class Tree(app_commands.CommandTree[Client]):
    """The command tree; hands every error to the funnel, and keeps out servers not allowed."""

    async def interaction_check(  # pyright: ignore[reportIncompatibleMethodOverride]  # as above
        self, interaction: Interaction, /
    ) -> bool:
        """Refuse, privately, where the operator did not allow it; a DM belongs to no server."""
        interaction.client.errands.begin()
        if serves(interaction):
            return True
        if interaction.type is discord.InteractionType.autocomplete:
            await suggest_nothing(interaction)
        else:
            say = private_language(interaction)
            await answer(interaction, say(NOT_HERE))
        return False

    async def on_error(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Tell the member what went wrong."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await explain(interaction, cause)


def serves(interaction: Interaction) -> bool:
    """Tell whether the operator allows the bot where somebody acts."""
    return _is_allowed(interaction, interaction.guild_id)


def check_served(interaction: Interaction, private_in: int | None = None) -> None:
    """Raise `NotServedError` where the operator does not allow the bot; for buttons and forms.

    What is about a private card is asked of its server, ``private_in``, since it stands in a DM.
    """
    guild_id = private_in or interaction.guild_id
    if not _is_allowed(interaction, guild_id):
        raise NotServedError(f"guild {guild_id}")


def _is_allowed(interaction: Interaction, guild_id: int | None) -> bool:
    allowed = interaction.client.engine.settings.allowed_guilds
    return not allowed or guild_id in allowed


@asynccontextmanager
async def answering(interaction: Interaction) -> AsyncGenerator[None]:
    """Hand what goes wrong in a button's or a modal's block to the funnel."""
    interaction.client.errands.begin()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the funnel is where every error ends
        await explain(interaction, error)


async def explain(interaction: Interaction, error: Exception) -> None:
    """Answer an interaction that failed with its sentence; log what nobody expected."""
    if isinstance(error, discord.HTTPException) and error.code in ALREADY_ANSWERED:
        log.info("answered elsewhere or too late", interaction=interaction.id, code=error.code)
        return
    say = private_language(interaction)
    known = error if isinstance(error, HailuoError) else HailuoError(type(error).__name__)
    if isinstance(error, HailuoError):
        log.info("refused", interaction=interaction.id, error=repr(error), facts=error.facts)
        text = sentence_of(known, say)
    else:
        if isinstance(error, codes.NO_ANSWER):
            log.warning("discord did not answer", reference=known.reference, error=repr(error))
        else:
            log.error("unexpected", reference=known.reference, exc_info=error)
        reference = say("Reference: `{reference}`", reference=known.reference)
        text = f"{sentence_of(known, say)} {reference}"
    await answer(interaction, f"⚠️ {text}")


async def answer(interaction: Interaction, text: str) -> None:
    """Say something to the member alone, wherever the interaction stands.

    A public "thinking" answer is taken away first, since the first followup after it would
    otherwise take its place in public. Where the interaction's token is dead by now, nothing can be
    said any more.
    """
    if interaction.expires_at - discord.utils.utcnow() < TOKEN_MARGIN:
        log.warning("too late for an answer", interaction=interaction.id, text=text)
        return
    try:
        if not interaction.response.is_done() and not {PUBLIC, PRIVATE} & interaction.extras.keys():
            await interaction.response.send_message(text, ephemeral=True)
            return
        await stop_thinking(interaction)
        await _insist(lambda: interaction.followup.send(text, ephemeral=True))
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("answer not delivered", interaction=interaction.id, error=str(error))


async def stop_thinking(interaction: Interaction) -> None:
    """Take a public "thinking" answer away; one that somebody has deleted before us is no error."""
    if _thinks_in_public(interaction):
        with suppress(discord.NotFound):
            await _insist(interaction.delete_original_response)


async def suggest_nothing(interaction: Interaction) -> None:
    """Answer somebody who types with no suggestions; one that comes too late harms nobody."""
    try:
        await interaction.response.autocomplete([])
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.info("suggestions not delivered", interaction=interaction.id, error=str(error))


async def _insist(act: Callable[[], Awaitable[object]]) -> None:
    """Act once more where no answer came; twice told is better than never."""
    try:
        await act()
    except codes.NO_ANSWER:
        await act()


def _thinks_in_public(interaction: Interaction) -> bool:
    deferred = discord.InteractionResponseType.deferred_channel_message
    begun = PUBLIC in interaction.extras or interaction.response.type is deferred
    return begun and PRIVATE not in interaction.extras


async def defer_privately(interaction: Interaction) -> None:
    """Acknowledge, and keep what follows to the member alone."""
    await defer(interaction, privately=True)

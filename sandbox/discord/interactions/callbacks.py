"""The first answer to an interaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord import ratelimits
from sandbox.discord.commands.locales import LOCALES
from sandbox.discord.errors import DiscordError
from sandbox.discord.interactions import modals
from sandbox.discord.interactions.interaction import Callback, Interaction, origin
from sandbox.discord.ledger import Caller
from sandbox.discord.messages import guards, posting
from sandbox.discord.messages.draft import Draft
from sandbox.discord.messages.message import MessageFlag, render
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route
from sandbox.discord.shapes import (
    Choice,
    Complaints,
    Integer,
    ListOf,
    MapOf,
    Record,
    Scalar,
    Text,
    require,
)

if TYPE_CHECKING:
    from sandbox.discord.messages.message import Message

Json = dict[str, Any]

DATA = ("data",)
_CHOICES = Record(
    {
        "choices": ListOf(
            Record(
                {
                    "name": Text(100, 1),
                    "name_localizations": MapOf(LOCALES, Text(100, 1)),
                    "value": Scalar(),
                },
                frozenset({"name", "value"}),
            ),
            25,
        )
    }
)
_DEFERRAL = Record({"flags": Integer()})


async def answer(call: Call) -> Answer:
    """Acknowledge an interaction: with a message, a promise, an update, choices or a modal."""
    interaction = call.world.interactions.get(call.id("interaction_id"))
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise DiscordError(10062)
    if interaction.is_acknowledged:
        raise DiscordError(40060)
    now = call.world.clock()
    if now - interaction.created_at > call.world.settings.ack_deadline_s:
        raise DiscordError(10062)
    kind = _kind(call, interaction)
    # Taken before the first await, so that of two answers at once the second is refused.
    interaction.acknowledged_at, interaction.callback = now, kind
    try:
        message = await _ANSWERS[kind](call, interaction, call.body.get("data") or {})
    except DiscordError:
        interaction.acknowledged_at = interaction.callback = None
        raise
    call.world.touch()
    if not call.flag("with_response"):
        return NO_CONTENT
    return Answer(_response(call, interaction, message))


def _kind(call: Call, interaction: Interaction) -> Callback:
    allowed = interaction.allowed_callbacks()
    require(Record({"type": Choice(allowed)}, frozenset({"type"})), call.body)
    return Callback(call.body["type"])


async def _message(call: Call, interaction: Interaction, data: Json) -> Message:
    draft = Draft(data, call.uploads, path=DATA, by_token=True)
    interaction.original = await posting.create(
        call.world,
        interaction.channel,
        call.world.bot,
        draft,
        origin=origin(call.world, interaction),
        ephemeral=draft.wants_ephemeral,
    )
    return interaction.original


async def _deferred_message(call: Call, interaction: Interaction, data: Json) -> Message:
    require(_DEFERRAL, data, DATA)
    # Of all flags only this one counts in a deferral (docs: receiving-and-responding).
    is_ephemeral = bool((data.get("flags") or 0) & MessageFlag.EPHEMERAL)
    interaction.original = posting.create_loading(
        call.world,
        interaction.channel,
        origin(call.world, interaction),
        ephemeral=is_ephemeral,
    )
    return interaction.original


async def _deferred_update(call: Call, interaction: Interaction, data: Json) -> Message | None:
    del call, data
    interaction.original = interaction.message
    return interaction.original


async def _update(call: Call, interaction: Interaction, data: Json) -> Message | None:
    message = interaction.message
    if message is None or message.deleted:
        raise DiscordError(10008)
    draft = Draft(data, call.uploads, path=DATA, message=message, by_token=True)
    guards.guard_edit(call.world, message)
    interaction.original = await posting.edit(call.world, message, draft)
    return interaction.original


async def _choices(call: Call, interaction: Interaction, data: Json) -> None:
    del call
    require(_CHOICES, data, DATA)
    _check_choice_values(data.get("choices") or [])
    interaction.choices = data.get("choices") or []


async def _modal(call: Call, interaction: Interaction, data: Json) -> None:
    del call
    interaction.modal = modals.check(data, DATA)


_ANSWERS = {
    Callback.MESSAGE: _message,
    Callback.DEFERRED_MESSAGE: _deferred_message,
    Callback.DEFERRED_UPDATE: _deferred_update,
    Callback.UPDATE: _update,
    Callback.CHOICES: _choices,
    Callback.MODAL: _modal,
}


def _check_choice_values(choices: list[Json]) -> None:
    complaints = Complaints()
    for index, choice in enumerate(choices):
        if isinstance(choice["value"], str):
            Text(100, 1).check(choice["value"], (*DATA, "choices", index, "value"), complaints)
    complaints.refuse()


def _response(call: Call, interaction: Interaction, message: Message | None) -> Json:
    facts: Json = {"id": str(interaction.id), "type": int(interaction.type)}
    facts["channel_id"] = str(interaction.channel.id)
    if not interaction.channel.is_dm:
        facts["guild_id"] = str(call.world.guild.id)
    body: Json = {"interaction": facts}
    if message is None:
        return body
    facts["response_message_id"] = str(message.id)
    facts["response_message_loading"] = message.is_loading
    facts["response_message_ephemeral"] = message.is_ephemeral
    # docs: the resource is there for a message or an update, not for a promise of one.
    if interaction.callback in (Callback.MESSAGE, Callback.UPDATE):
        body["resource"] = {
            "type": int(interaction.callback or 0),
            "message": render(call.world, message, viewer=interaction.user),
        }
    return body


ROUTES = (
    Route(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        answer,
        ratelimits.CALLBACK,
        Caller.INTERACTION,
    ),
)

"""Later answers: the routes of an interaction's token, good for fifteen minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord import ratelimits
from sandbox.discord.errors import DiscordError
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.interactions.interaction import Interaction, origin
from sandbox.discord.ledger import Caller
from sandbox.discord.messages import guards, posting
from sandbox.discord.messages.draft import Draft
from sandbox.discord.messages.message import render
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.discord.messages.message import Message

ORIGINAL = "@original"


async def follow_up(call: Call) -> Answer:
    """Post a further answer; the first one after a deferral fills the "thinking" message."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.is_loading and not original.deleted:
        return await _edit(call, interaction, original)
    draft = Draft(call.body or {}, call.uploads, by_token=True)
    if call.world.channel(interaction.channel.id) is None:
        raise DiscordError(10003)
    facts = origin(call.world, interaction)
    if original is not None:
        facts.metadata["original_response_message_id"] = str(original.id)
    message = await posting.create(
        call.world,
        interaction.channel,
        call.world.bot,
        draft,
        origin=facts,
        ephemeral=draft.wants_ephemeral,
    )
    interaction.followups.append(message)
    return Answer(render(call.world, message, viewer=interaction.user))


async def get_message(call: Call) -> Answer:
    """Show an answer."""
    interaction = _interaction(call)
    message = _message(call, interaction)
    return Answer(render(call.world, message, viewer=interaction.user))


async def edit_message(call: Call) -> Answer:
    """Change an answer."""
    interaction = _interaction(call)
    return await _edit(call, interaction, _message(call, interaction))


async def delete_message(call: Call) -> Answer:
    """Take an answer away."""
    posting.delete(call.world, _message(call, _interaction(call)))
    return NO_CONTENT


def _interaction(call: Call) -> Interaction:
    """Return the interaction of the token, if the token is alive."""
    if call.id("webhook_id") != APPLICATION_ID:
        raise DiscordError(10015)
    interaction = call.world.interaction_tokens.get(call.params["webhook_token"])
    if interaction is None:
        raise DiscordError(10015)
    if call.world.clock() - interaction.created_at > call.world.settings.token_lifetime_s:
        raise DiscordError(50027)
    # Before the first answer there is no webhook yet.
    if not interaction.is_acknowledged:
        raise DiscordError(10015)
    return interaction


def _message(call: Call, interaction: Interaction) -> Message:
    wanted = call.params.get("message_id", ORIGINAL)
    own = [interaction.original, *interaction.followups]
    if wanted == ORIGINAL:
        own = own[:1]
    for message in own:
        if message is None or message.deleted:
            continue
        if wanted in (ORIGINAL, str(message.id)):
            return message
    raise DiscordError(10008)


async def _edit(call: Call, interaction: Interaction, message: Message) -> Answer:
    draft = Draft(call.body or {}, call.uploads, message=message, by_token=True)
    guards.guard_edit(call.world, message)
    await posting.edit(call.world, message, draft)
    return Answer(render(call.world, message, viewer=interaction.user))


def _route(method: str, path: str, handler: Callable[[Call], Awaitable[Answer]]) -> Route:
    template = "/webhooks/{webhook_id}/{webhook_token}" + path
    return Route(method, template, handler, ratelimits.WEBHOOK, Caller.INTERACTION)


ROUTES = (
    _route("POST", "", follow_up),
    _route("GET", "/messages/@original", get_message),
    _route("PATCH", "/messages/@original", edit_message),
    _route("DELETE", "/messages/@original", delete_message),
    _route("GET", "/messages/{message_id}", get_message),
    _route("PATCH", "/messages/{message_id}", edit_message),
    _route("DELETE", "/messages/{message_id}", delete_message),
)

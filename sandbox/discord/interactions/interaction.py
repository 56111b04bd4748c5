"""An interaction: one act of a member, with a token to answer it by."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sandbox.discord import payloads
from sandbox.discord.events import Event
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.messages.message import Message, MessageType, render
from sandbox.discord.messages.posting import Origin

if TYPE_CHECKING:
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.world import World

Json = dict[str, Any]

MESSAGE_MENU = 3


class InteractionType(IntEnum):
    """What a member did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class Callback(IntEnum):
    """How the bot may answer first (docs: interactions/receiving-and-responding)."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True)
class Interaction:
    """An act and all its answers.

    ``original`` is what ``@original`` means: the answer, or the message a component sits on.
    ``opener`` is the interaction whose modal this one submits.
    """

    id: int
    type: InteractionType
    user: User
    channel: Channel
    data: Json
    created_at: float
    locale: str = "en-US"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(64))
    message: Message | None = None
    opener: Interaction | None = None
    acknowledged_at: float | None = None
    callback: Callback | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None
    submitted_by: Interaction | None = None

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether the bot answered."""
        return self.acknowledged_at is not None

    @property
    def answers(self) -> list[Message]:
        """Return the messages the bot made in answer."""
        own = self.original if self.original is not self.message else None
        return [message for message in (own, *self.followups) if message is not None]

    def allowed_callbacks(self) -> tuple[Callback, ...]:
        """Return which first answers this kind of act takes."""
        if self.type is InteractionType.AUTOCOMPLETE:
            return (Callback.CHOICES,)
        allowed = [Callback.MESSAGE, Callback.DEFERRED_MESSAGE]
        if self.message is not None:
            allowed += [Callback.DEFERRED_UPDATE, Callback.UPDATE]
        if self.type is not InteractionType.MODAL_SUBMIT:
            allowed.append(Callback.MODAL)
        return tuple(allowed)


def announce(world: World, interaction: Interaction) -> None:
    """Send the interaction to the bot; doing so again sends the same one."""
    world.interactions[interaction.id] = interaction
    world.interaction_tokens[interaction.token] = interaction
    guild_id = None if interaction.channel.is_dm else world.guild.id
    world.publish(Event("INTERACTION_CREATE", payload(world, interaction), guild_id))


def payload(world: World, interaction: Interaction) -> Json:
    """Return the interaction object."""
    channel = interaction.channel
    may = str(int(world.permissions_of(interaction.user, channel)))
    body: Json = {
        "id": str(interaction.id),
        "application_id": str(APPLICATION_ID),
        "type": int(interaction.type),
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": str(channel.id),
        "channel": {**payloads.channel(channel, world.guild.id), "permissions": may},
        "app_permissions": str(int(world.permissions_of(world.bot, channel))),
        "locale": interaction.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": owners(world, interaction),
        "context": 1 if channel.is_dm else 0,
        "attachment_size_limit": world.settings.attachment_limit,
    }
    if interaction.message is not None:
        body["message"] = render(world, interaction.message, viewer=interaction.user)
    if channel.is_dm:
        return {**body, "user": payloads.user(interaction.user)}
    member = world.guild.members[interaction.user.id]
    return {
        **body,
        "guild_id": str(world.guild.id),
        "guild_locale": world.guild.preferred_locale,
        "guild": {
            "id": str(world.guild.id),
            "locale": world.guild.preferred_locale,
            "features": [],
        },
        "member": {**payloads.member(member), "permissions": may},
    }


def origin(world: World, interaction: Interaction) -> Origin:
    """Return what a message that answers the interaction says about it."""
    legacy = None
    kind = MessageType.DEFAULT
    if interaction.type is InteractionType.COMMAND:
        is_menu = interaction.data["type"] == MESSAGE_MENU
        kind = MessageType.CONTEXT_MENU_COMMAND if is_menu else MessageType.CHAT_INPUT_COMMAND
        legacy = {
            "id": str(interaction.id),
            "type": int(interaction.type),
            "name": interaction.data["name"],
            "user": payloads.user(interaction.user),
        }
    return Origin(metadata(world, interaction), legacy, interaction.user, kind)


def metadata(world: World, interaction: Interaction) -> Json:
    """Return the ``interaction_metadata`` of a message."""
    facts: Json = {
        "id": str(interaction.id),
        "type": int(interaction.type),
        "user": payloads.user(interaction.user),
        "authorizing_integration_owners": owners(world, interaction),
    }
    if interaction.type is InteractionType.COMMAND:
        if "target_id" in interaction.data:
            facts["target_message_id"] = interaction.data["target_id"]
    elif interaction.type is InteractionType.COMPONENT and interaction.message is not None:
        facts["interacted_message_id"] = str(interaction.message.id)
    elif interaction.opener is not None:
        facts["triggering_interaction_metadata"] = metadata(world, interaction.opener)
    return facts


def owners(world: World, interaction: Interaction) -> Json:
    """Return who installed the app here: the guild, or nobody in a DM with the bot."""
    return {"0": "0" if interaction.channel.is_dm else str(world.guild.id)}

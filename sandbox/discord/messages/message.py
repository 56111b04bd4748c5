"""A message, every version it ever had, and what a person may see of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - dataclass fields are read at run time
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments, payloads
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.messages import media
from sandbox.discord.messages.mentions import Mentions

if TYPE_CHECKING:
    from sandbox.discord.attachments import Attachment
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.world import World

Json = dict[str, Any]


class MessageFlag(IntFlag):
    """What is special about a message (docs: resources/message)."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_COMPONENTS_V2 = 1 << 15


NO_FLAGS = MessageFlag(0)


class MessageType(IntEnum):
    """Where a message comes from."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


@dataclass(slots=True)
class Version:
    """What a message looked like from a moment on."""

    at: datetime
    payload: Json


@dataclass(slots=True)
class Message:
    """A message; ``ephemeral_to`` is the one member who sees it besides the bot."""

    id: int
    channel: Channel
    author: User
    created_at: datetime
    type: MessageType = MessageType.DEFAULT
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: MessageFlag = NO_FLAGS
    mentions: Mentions = field(default_factory=Mentions)
    nonce: str | int | None = None
    tts: bool = False
    edited_at: datetime | None = None
    reply_to: int | None = None
    origin: Json | None = None
    legacy_origin: Json | None = None
    ephemeral_to: int | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    deleted: bool = False
    history: list[Version] = field(default_factory=list)
    old_edits: list[float] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_ephemeral(self) -> bool:
        """Tell whether only one member sees the message."""
        return self.ephemeral_to is not None

    @property
    def is_loading(self) -> bool:
        """Tell whether the message still says that the bot is thinking."""
        return MessageFlag.LOADING in self.flags

    @property
    def uses_components_v2(self) -> bool:
        """Tell whether components make up the whole message."""
        return MessageFlag.IS_COMPONENTS_V2 in self.flags

    @property
    def texts(self) -> list[str]:
        """Return every text a reader sees: content, text displays, embeds."""
        found = [self.content, *media.texts_of(self.components)]
        for embed in self.embeds:
            found += [embed.get("title") or "", embed.get("description") or ""]
            for part in embed.get("fields", ()):
                found += [part["name"], part["value"]]
        return [text for text in found if text]

    def is_visible_to(self, viewer: User) -> bool:
        """Tell whether the message exists for somebody who can read the channel."""
        return not self.deleted and (not self.is_ephemeral or viewer.id == self.ephemeral_to)

    def remember(self, world: World) -> None:
        """Keep the present look as a version of its own."""
        look = render(world, self, viewer=world.users[self.ephemeral_to or self.author.id])
        self.history.append(Version(world.now, look))


def render(world: World, message: Message, *, viewer: User) -> Json:
    """Return the message object that ``viewer`` gets, with fresh file links."""
    payload: Json = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": int(message.type),
        "author": payloads.user(message.author),
        "content": message.content,
        "timestamp": message.created_at.isoformat(),
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "tts": message.tts,
        "mention_everyone": message.mentions.everyone,
        "mentions": [payloads.user(world.users[user_id]) for user_id in message.mentions.users],
        "mention_roles": [str(role_id) for role_id in message.mentions.roles],
        "attachments": [
            attachments.render(world, item) for item in media.shown_attachments(message)
        ],
        "embeds": media.render_embeds(world, message),
        "components": media.render_components(world, message),
        "flags": int(message.flags),
        "pinned": False,
    }
    if message.reactions:
        payload["reactions"] = [
            _reaction(emoji, people, viewer) for emoji, people in message.reactions.items()
        ]
    if message.origin is not None:
        payload |= _origin_fields(message)
    if message.reply_to is not None:
        payload |= _reply_fields(world, message)
    return payload


def render_event(world: World, message: Message) -> Json:
    """Return the message as the gateway sends it: with guild and member, without reactions.

    Ephemeral messages travel like direct ones, without guild and member
    (docs: events/gateway, Ephemeral Messages).
    """
    payload = render(world, message, viewer=world.bot)
    payload.pop("reactions", None)
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    member = world.guild.members.get(message.author.id)
    if not message.channel.is_dm and not message.is_ephemeral:
        payload["guild_id"] = str(world.guild.id)
        if member is not None:
            payload["member"] = payloads.member(member, with_user=False)
    return payload


def _reaction(emoji: str, people: list[int], viewer: User) -> Json:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer.id in people,
    }


def _origin_fields(message: Message) -> Json:
    fields: Json = {
        "application_id": str(APPLICATION_ID),
        "webhook_id": str(APPLICATION_ID),
        "interaction_metadata": message.origin,
    }
    if message.legacy_origin is not None:
        fields["interaction"] = message.legacy_origin
    return fields


def _reply_fields(world: World, message: Message) -> Json:
    reference: Json = {"type": 0, "channel_id": str(message.channel.id)}
    reference["message_id"] = str(message.reply_to)
    if not message.channel.is_dm:
        reference["guild_id"] = str(world.guild.id)
    target = world.messages.get(message.reply_to or 0)
    shown = None
    if target is not None and not target.deleted:
        shown = render(world, target, viewer=world.bot)
        for key in ("referenced_message", "reactions"):
            shown.pop(key, None)
    return {"message_reference": reference, "referenced_message": shown}

"""What a program may look at: the world, messages, interactions, the ledger."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sandbox.discord.commands.registry import render as render_command
from sandbox.discord.control.request import PLACES
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.messages.message import render

if TYPE_CHECKING:
    from sandbox.discord.control.request import ControlCall
    from sandbox.discord.entities import User
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World

Json = dict[str, Any]


async def world(call: ControlCall) -> Json:
    """Return the ids of everything, whether the bot is connected, and its commands."""
    here = call.world
    dms = {
        channel.recipient.username: str(channel.id)
        for channel in here.direct_channels.values()
        if channel.recipient is not None
    }
    return {
        "url": here.url,
        "version": here.version,
        "application": str(APPLICATION_ID),
        "guild": str(here.guild.id),
        "channels": {
            **{name: str(channel_id) for name, channel_id in PLACES.items()},
            "dm": dms["alice"],
        },
        "dms": dms,
        "members": {
            "bot" if user.bot else user.username: str(user.id) for user in here.users.values()
        },
        "roles": {role.name: str(role.id) for role in here.guild.roles.values()},
        "bot_in_guild": here.bot_in_guild,
        "connected": call.gateway.is_connected,
        "sessions": [
            {"shard": list(session.shard), "intents": session.intents}
            for session in call.gateway.sessions.values()
            if session.connection is not None
        ],
        "commands": [render_command(command) for command in here.commands.values()],
        "settings": asdict(here.settings),
        "invalid_requests": here.ledger.invalid_requests,
    }


async def messages(call: ControlCall) -> list[Json]:
    """Return a channel's messages as a member sees them, oldest first, with their history."""
    viewer = call.user()
    channel = call.channel(viewer)
    with_deleted = str(call.body.get("deleted", "")).lower() in ("1", "true")
    return [
        _with_history(call.world, message, viewer)
        for message in call.world.messages.values()
        if message.channel is channel
        and message.ephemeral_to in (None, viewer.id)
        and (with_deleted or not message.deleted)
    ]


async def interaction(call: ControlCall) -> Json:
    """Return how and when an interaction was answered."""
    item = call.interaction()
    delay = None if item.acknowledged_at is None else item.acknowledged_at - item.created_at
    answers = [message for message in item.answers if not message.deleted]
    age = call.world.clock() - item.created_at
    return {
        "interaction": str(item.id),
        "kind": item.type.name.lower(),
        "user": str(item.user.id),
        "channel": str(item.channel.id),
        "at": datetime.fromtimestamp(item.created_at, tz=UTC).isoformat(),
        "answered": item.is_acknowledged,
        "failed": not item.is_acknowledged and age > call.world.settings.ack_deadline_s,
        "acknowledged_after_ms": None if delay is None else round(delay * 1000),
        "type": None if item.callback is None else int(item.callback),
        "modal": item.modal,
        "choices": item.choices,
        "messages": [str(message.id) for message in answers],
        "ephemeral": [
            render(call.world, message, viewer=item.user)
            for message in answers
            if message.is_ephemeral
        ],
    }


async def ledger(call: ControlCall) -> Json:
    """Return every call, oldest first; ``route`` narrows by a wildcard pattern."""
    pattern = str(call.body.get("route", "*"))
    entries = [entry.as_json() for entry in call.world.ledger.entries]
    return {
        "calls": [entry for entry in entries if fnmatchcase(entry["route"], pattern)],
        "invalid_requests": call.world.ledger.invalid_requests,
    }


def _with_history(here: World, message: Message, viewer: User) -> Json:
    shown = render(here, message, viewer=viewer)
    shown["history"] = [
        {"at": version.at.isoformat(), "message": version.payload} for version in message.history
    ]
    return {**shown, "deleted": True} if message.deleted else shown

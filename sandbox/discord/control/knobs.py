"""What a test may turn: permissions, channels, the guild, faults, settings, the gateway."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.discord import payloads
from sandbox.discord.commands.locales import LOCALES
from sandbox.discord.control.errors import ControlError
from sandbox.discord.entities import Overwrite
from sandbox.discord.events import Event, Intent
from sandbox.discord.faults import BadFaultError, Fault
from sandbox.discord.gateway import Op
from sandbox.discord.permissions import NONE, Permission
from sandbox.discord.settings import UnknownSettingError

if TYPE_CHECKING:
    from sandbox.discord.control.request import ControlCall
    from sandbox.discord.entities import Channel
    from sandbox.discord.gateway import Gateway, Socket
    from sandbox.discord.world import World

Json = dict[str, Any]

LONGEST_NAME = 100
DEFAULT_BLOCKED_WORD = "blocked-word"
GATEWAY_ACTIONS = ("drop", "reconnect", "invalidate", "malformed", "heartbeat", "close")


async def set_permissions(call: ControlCall) -> Json:
    """Allow, deny or leave neutral some permissions of a person or role in a channel."""
    channel = _guild_channel(call)
    if channel.is_thread:
        raise ControlError("a thread has the permissions of its channel")
    target, is_member = _permission_target(call)
    allow, deny = _permissions(call, "allow"), _permissions(call, "deny")
    neutral = _permissions(call, "neutral")
    old = channel.overwrites.get(target, Overwrite(target, is_member=is_member))
    channel.overwrites[target] = Overwrite(
        target,
        is_member=is_member,
        allow=(old.allow & ~deny & ~neutral) | allow,
        deny=(old.deny & ~allow & ~neutral) | deny,
    )
    _tell(call.world, "CHANNEL_UPDATE", channel)
    return {"overwrite": payloads.overwrite(channel.overwrites[target])}


async def add_channel(call: ControlCall) -> Json:
    """Add a text channel that everybody sees."""
    name = call.get("name", str)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ControlError(f"a channel's name has 1 to {LONGEST_NAME} characters")
    channel = call.world.add_text_channel(name)
    _tell(call.world, "CHANNEL_CREATE", channel)
    return {"channel": str(channel.id)}


async def change_channel(call: ControlCall) -> Json:
    """Delete a channel, or archive, lock or reopen a thread."""
    world, channel = call.world, _guild_channel(call)
    action = call.get("action", str)
    if action == "delete":
        _delete_channel(world, channel)
        return {"channel": str(channel.id)}
    if action not in ("archive", "lock", "unarchive"):
        raise ControlError(f"a channel knows no action {action!r}")
    if not channel.is_thread:
        raise ControlError("only a thread can be archived")
    channel.archived = action != "unarchive"
    channel.locked = action == "lock"
    _tell(world, "THREAD_UPDATE", channel)
    return {"channel": str(channel.id)}


async def change_guild(call: ControlCall) -> Json:
    """Kick or invite the bot, close or open DMs, set the blocked words or the language."""
    world, action = call.world, call.get("action", str)
    if action == "kick_bot" and world.bot_in_guild:
        world.remove_bot()
    elif action == "invite_bot" and not world.bot_in_guild:
        world.invite_bot()
        world.publish(Event("GUILD_CREATE", payloads.guild_create(world), world.guild.id))
    elif action in ("close_dms", "open_dms"):
        call.body.setdefault("who", "alice")
        call.user("who").dms_open = action == "open_dms"
    elif action == "automod":
        words = [DEFAULT_BLOCKED_WORD] if "words" not in call.body else call.items("words", str)
        world.blocked_words = tuple(word.lower() for word in words if word)
    elif action == "locale":
        _speak(world, call.get("locale", str))
    else:
        raise ControlError(f"the guild knows no action {action!r} now")
    world.touch()
    return {"guild": str(world.guild.id)}


async def add_fault(call: ControlCall) -> Json:
    """Have the next calls of a route fail."""
    try:
        fault = Fault.parse(call.body)
    except BadFaultError as error:
        raise ControlError(str(error)) from error
    call.world.faults.add(fault)
    return await list_faults(call)


async def list_faults(call: ControlCall) -> Json:
    """Show the faults that still wait for their call."""
    return {"faults": [fault.model_dump() for fault in call.world.faults.pending]}


async def clear_faults(call: ControlCall) -> Json:
    """Forget all faults."""
    call.world.faults.clear()
    return await list_faults(call)


async def change_settings(call: ControlCall) -> Json:
    """Set knobs."""
    try:
        call.world.settings.update(call.body)
    except UnknownSettingError as error:
        raise ControlError(str(error)) from error
    call.world.touch()
    return await show_settings(call)


async def show_settings(call: ControlCall) -> Json:
    """Show all knobs."""
    return {"settings": asdict(call.world.settings)}


async def disturb_gateway(call: ControlCall) -> Json:
    """Disturb every connection, refuse new ones, or stop acknowledging heartbeats."""
    gateway = call.gateway
    action, code = call.get("action", str, None), _close_code(call)
    is_resumable = call.get("resumable", bool, default=False)
    down = call.get("down", bool, gateway.is_down)
    acks = call.get("acks", bool, gateway.acknowledges)
    if action not in (None, *GATEWAY_ACTIONS):
        raise ControlError(f"the gateway knows no action {action!r}")
    gateway.is_down, gateway.acknowledges = down, acks
    sockets = [socket for socket in gateway.sockets if socket.session is not None]
    for socket in sockets:
        await _disturb(gateway, socket, action, code=code, is_resumable=is_resumable)
    return {"disturbed": len(sockets) if action else 0}


async def _disturb(
    gateway: Gateway, socket: Socket, action: str | None, *, code: int, is_resumable: bool
) -> None:
    session = socket.session
    if session is None or action is None:
        return
    if action == "drop":
        socket.drop()
    elif action == "reconnect":
        socket.send_op(Op.RECONNECT)
    elif action == "invalidate":
        if not is_resumable:
            gateway.forget(session)
        socket.send_op(Op.INVALID_SESSION, data=is_resumable)
    elif action == "malformed":
        # An event without any of its fields; it takes no number, so a resume skips it.
        socket.send(
            json.dumps({"op": 0, "t": "INTERACTION_CREATE", "s": session.sequence, "d": {}})
        )
    elif action == "heartbeat":
        socket.send_op(Op.HEARTBEAT)
    elif action == "close":
        await socket.close(code)


def _close_code(call: ControlCall) -> int:
    code: int = call.get("code", int, 4000)
    if not 1000 <= code < 5000:  # noqa: PLR2004 - RFC 6455, section 7.4.2
        raise ControlError(f"a connection closes with a code of 1000 to 4999, not {code}")
    return code


def _speak(world: World, locale: str) -> None:
    if locale not in LOCALES:
        raise ControlError(f"Discord knows no locale {locale!r}")
    world.guild.preferred_locale = locale
    body = payloads.guild(world.guild)
    world.publish(Event("GUILD_UPDATE", body, world.guild.id, Intent.GUILDS))


def _guild_channel(call: ControlCall) -> Channel:
    channel = call.channel(call.world.users[call.world.guild.owner_id])
    if channel.is_dm:
        raise ControlError("a direct conversation cannot be changed")
    return channel


def _permission_target(call: ControlCall) -> tuple[int, bool]:
    who = call.get("who", str)
    user = call.world.person(who)
    if user is not None:
        return user.id, True
    for role in call.world.guild.roles.values():
        if who in (role.name, role.name.lstrip("@"), str(role.id)):
            return role.id, False
    raise ControlError(f"'who': nobody and no role is called {who!r}")


def _permissions(call: ControlCall, field: str) -> Permission:
    bits = NONE
    for name in call.items(field, str):
        try:
            bits |= Permission.named(name)
        except KeyError as error:
            raise ControlError(f"there is no permission {name!r}") from error
    return bits


def _delete_channel(world: World, channel: Channel) -> None:
    gone = [channel]
    gone += [item for item in world.guild.channels.values() if item.parent_id == channel.id]
    for message in world.messages.values():
        message.deleted = message.deleted or message.channel in gone
    for item in gone:
        del world.guild.channels[item.id]
    _tell(world, "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", channel)


def _tell(world: World, name: str, channel: Channel) -> None:
    body = payloads.channel(channel, world.guild.id)
    world.publish(Event(name, body, world.guild.id, Intent.GUILDS))

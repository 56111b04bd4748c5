"""What one member's client shows: who is here, where one can go, and what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord.commands.registry import render as render_command
from sandbox.discord.control import filling
from sandbox.discord.control.errors import ControlError
from sandbox.discord.control.request import PLACES
from sandbox.discord.messages.message import render
from sandbox.discord.permissions import Permission

if TYPE_CHECKING:
    from sandbox.discord.commands.registry import Command
    from sandbox.discord.control.request import ControlCall
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.world import World

Json = dict[str, Any]


async def view(call: ControlCall) -> Json:
    """Return all that a member's client needs to draw one channel."""
    viewer = call.actor()
    channel = call.channel(viewer)
    world = call.world
    return {
        "url": world.url,
        "guild": {"id": str(world.guild.id), "name": world.guild.name},
        "connected": call.gateway.is_connected,
        "me": str(viewer.id),
        "place": str(channel.id),
        "roles": [{"id": str(role.id), "name": role.name} for role in world.guild.roles.values()],
        "members": [_member(world, user) for user in world.users.values()],
        "places": [_place(world, viewer, item) for item in _visible(world, viewer)],
        "commands": [
            render_command(command)
            for command in world.commands.values()
            if _is_offered(world, command, viewer, channel)
        ],
        "messages": [
            render(world, message, viewer=viewer)
            for message in world.messages.values()
            if message.channel is channel and message.is_visible_to(viewer)
        ],
    }


def _member(world: World, user: User) -> Json:
    member = world.guild.members.get(user.id)
    roles = [world.guild.roles[role_id] for role_id in (member.role_ids if member else ())]
    return {
        "id": str(user.id),
        "username": user.username,
        "name": user.global_name or user.username,
        "bot": user.bot,
        "in_guild": member is not None,
        "owner": user.id == world.guild.owner_id,
        "roles": [role.name for role in roles],
    }


def _visible(world: World, viewer: User) -> list[Channel]:
    own = world.direct_channel_with(viewer)
    return [
        item
        for item in (*world.guild.channels.values(), own)
        if world.permissions_of(viewer, item) & Permission.VIEW_CHANNEL
    ]


def _place(world: World, viewer: User, channel: Channel) -> Json:
    may = world.permissions_of(viewer, channel)
    writing = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    names = {channel_id: name for name, channel_id in PLACES.items()}
    return {
        "id": str(channel.id),
        "key": "dm" if channel.is_dm else names.get(channel.id, str(channel.id)),
        "kind": channel.type.name.lower(),
        "name": channel.name,
        "parent": None if channel.parent_id is None else str(channel.parent_id),
        "archived": channel.archived,
        "locked": channel.locked,
        "bot_sees": bool(world.permissions_of(world.bot, channel) & Permission.VIEW_CHANNEL),
        "may": {
            "write": bool(may & writing) and not channel.locked,
            "attach": bool(may & Permission.ATTACH_FILES),
            "manage_messages": bool(may & Permission.MANAGE_MESSAGES),
        },
    }


def _is_offered(world: World, command: Command, viewer: User, channel: Channel) -> bool:
    try:
        filling.refuse_unoffered(world, command, viewer, channel)
    except ControlError:
        return False
    return True

"""Reactions: who reacted with what, by the bot token and by members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord import payloads, ratelimits
from sandbox.discord.errors import DiscordError
from sandbox.discord.events import Event, Intent
from sandbox.discord.messages import guards
from sandbox.discord.messages.emoji import is_emoji
from sandbox.discord.permissions import Permission
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route

if TYPE_CHECKING:
    from sandbox.discord.entities import User
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World

Json = dict[str, Any]

MAX_KINDS = 20
NORMAL = 0
DEFAULT_PAGE = 25


def check(world: World, message: Message, user: User, emoji: str) -> None:
    """Refuse a reaction that this user may not add."""
    may = world.permissions_of(user, message.channel)
    if not may & Permission.VIEW_CHANNEL:
        raise DiscordError(50001)
    if not may & Permission.READ_MESSAGE_HISTORY:
        raise DiscordError(50013)
    if emoji not in message.reactions and not may & Permission.ADD_REACTIONS:
        raise DiscordError(50013)
    if not is_emoji(emoji):
        raise DiscordError(10014)
    guards.guard_place(message.channel)
    if emoji not in message.reactions and len(message.reactions) >= MAX_KINDS:
        raise DiscordError(30010)


def add(world: World, message: Message, user: User, emoji: str) -> None:
    """Add a reaction; a second one of the same kind changes nothing."""
    people = message.reactions.setdefault(emoji, [])
    if user.id in people:
        return
    people.append(user.id)
    body = _body(world, message, emoji) | {
        "user_id": str(user.id),
        "message_author_id": str(message.author.id),
        "burst": False,
        "type": NORMAL,
    }
    member = world.guild.members.get(user.id)
    if member is not None and not message.channel.is_dm:
        body["member"] = payloads.member(member)
    _announce(world, "MESSAGE_REACTION_ADD", message, body)


def remove(world: World, message: Message, user: User, emoji: str) -> None:
    """Take a reaction away; one that is not there changes nothing."""
    people = message.reactions.get(emoji, [])
    if user.id not in people:
        return
    people.remove(user.id)
    if not people:
        del message.reactions[emoji]
    body = {"user_id": str(user.id), "burst": False, "type": NORMAL}
    _announce(world, "MESSAGE_REACTION_REMOVE", message, _body(world, message, emoji) | body)


async def add_own(call: Call) -> Answer:
    """React as the bot."""
    message = call.message(call.channel())
    check(call.world, message, call.world.bot, call.params["emoji_name"])
    add(call.world, message, call.world.bot, call.params["emoji_name"])
    return NO_CONTENT


async def remove_own(call: Call) -> Answer:
    """Take the bot's own reaction away."""
    return _removed(call, call.world.bot)


async def remove_other(call: Call) -> Answer:
    """Take somebody's reaction away, with Manage Messages."""
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise DiscordError(10013)
    if user is not call.world.bot:
        call.need(call.channel(), Permission.MANAGE_MESSAGES)
    return _removed(call, user)


async def list_people(call: Call) -> Answer:
    """Show who reacted with an emoji."""
    message = call.message(call.channel())
    after, size = call.cursor("after") or 0, call.page_size(DEFAULT_PAGE)
    people = sorted(message.reactions.get(_emoji(call), []))
    page = [user_id for user_id in people if user_id > after][:size]
    return Answer([payloads.user(call.world.users[user_id]) for user_id in page])


async def clear(call: Call) -> Answer:
    """Take every reaction away, with Manage Messages."""
    channel = call.channel()
    message = call.message(channel)
    call.need(channel, Permission.MANAGE_MESSAGES)
    message.reactions.clear()
    body = _body(call.world, message, "")
    del body["emoji"]
    _announce(call.world, "MESSAGE_REACTION_REMOVE_ALL", message, body)
    return NO_CONTENT


async def clear_emoji(call: Call) -> Answer:
    """Take every reaction of one emoji away, with Manage Messages."""
    channel = call.channel()
    message = call.message(channel)
    call.need(channel, Permission.MANAGE_MESSAGES)
    emoji = _emoji(call)
    message.reactions.pop(emoji, None)
    body = _body(call.world, message, emoji)
    _announce(call.world, "MESSAGE_REACTION_REMOVE_EMOJI", message, body)
    return NO_CONTENT


def _removed(call: Call, user: User) -> Answer:
    channel = call.channel()
    message = call.message(channel)
    guards.guard_place(channel)
    remove(call.world, message, user, _emoji(call))
    return NO_CONTENT


def _emoji(call: Call) -> str:
    emoji = call.params["emoji_name"]
    if not is_emoji(emoji):
        raise DiscordError(10014)
    return emoji


def _body(world: World, message: Message, emoji: str) -> Json:
    body: Json = {
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji},
    }
    if not message.channel.is_dm:
        body["guild_id"] = str(world.guild.id)
    return body


def _announce(world: World, name: str, message: Message, body: Json) -> None:
    if message.channel.is_dm:
        world.publish(Event(name, body, None, Intent.DIRECT_MESSAGE_REACTIONS))
    elif world.permissions_of(world.bot, message.channel) & Permission.VIEW_CHANNEL:
        world.publish(Event(name, body, world.guild.id, Intent.GUILD_MESSAGE_REACTIONS))
    else:
        world.touch()


_REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"
_EMOJI = _REACTIONS + "/{emoji_name}"
ROUTES = (
    Route("PUT", _EMOJI + "/@me", add_own, ratelimits.REACTIONS),
    Route("DELETE", _EMOJI + "/@me", remove_own, ratelimits.REACTIONS),
    Route("DELETE", _EMOJI + "/{user_id}", remove_other, ratelimits.REACTIONS),
    Route("GET", _EMOJI, list_people),
    Route("DELETE", _EMOJI, clear_emoji, ratelimits.REACTIONS),
    Route("DELETE", _REACTIONS, clear, ratelimits.REACTIONS),
)

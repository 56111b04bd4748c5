"""Channels and the messages in them, by the bot token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord import payloads, ratelimits
from sandbox.discord.errors import DiscordError
from sandbox.discord.messages import guards, posting
from sandbox.discord.messages.draft import Draft
from sandbox.discord.messages.message import Message, render
from sandbox.discord.permissions import Permission
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route
from sandbox.discord.shapes import Complaints, Flag, Record, require

if TYPE_CHECKING:
    from sandbox.discord.entities import User

DEFAULT_PAGE = 50
THREAD_CHANGES = Record({"archived": Flag()}, frozenset({"archived"}))


async def get_channel(call: Call) -> Answer:
    """Show a channel."""
    return Answer(payloads.channel(call.channel(), call.world.guild.id))


async def edit_channel(call: Call) -> Answer:
    """Archive a thread, or bring it back: who may write there may do that, unless it is locked."""
    channel = call.channel()
    if not channel.is_thread:
        raise DiscordError(50024)
    require(THREAD_CHANGES, call.body)
    archived = call.body["archived"]
    managed = archived or channel.locked
    in_thread = Permission.SEND_MESSAGES_IN_THREADS
    call.need(channel, Permission.MANAGE_THREADS if managed else in_thread)
    posting.archive(call.world, channel, archived=archived)
    return Answer(payloads.channel(channel, call.world.guild.id))


async def list_messages(call: Call) -> Answer:
    """Show a channel's messages, newest first, in pages."""
    channel = call.channel()
    may = call.world.permissions_of(call.world.bot, channel)
    if not may & Permission.READ_MESSAGE_HISTORY:
        return Answer([])
    messages = [
        message
        for message in reversed(call.world.messages.values())
        if message.channel is channel
        and message.is_visible_to(call.world.bot)
        and not message.is_ephemeral
    ]
    page = _page(call, messages)
    return Answer([render(call.world, message, viewer=call.world.bot) for message in page])


async def get_message(call: Call) -> Answer:
    """Show one message."""
    channel = call.channel()
    call.need(channel, Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    return Answer(render(call.world, message, viewer=call.world.bot))


async def create_message(call: Call) -> Answer:
    """Post a message."""
    world, channel = call.world, call.channel()
    body = call.body or {}
    in_thread = Permission.SEND_MESSAGES_IN_THREADS
    call.need(channel, in_thread if channel.is_thread else Permission.SEND_MESSAGES)
    if channel.recipient is not None:
        _need_open_dms(call, channel.recipient)
    draft = Draft(body, call.uploads)
    _need_for_content(call, draft)
    if body.get("message_reference"):
        _check_reference(call, draft)
    if body.get("nonce") is None or not body.get("enforce_nonce"):
        return _created(call, await posting.create(world, channel, world.bot, draft))
    async with world.nonces:
        same = posting.by_nonce(world, channel, world.bot, body["nonce"])
        if same is not None and same.deleted:
            raise DiscordError(10008)
        return _created(call, same or await posting.create(world, channel, world.bot, draft))


async def edit_message(call: Call) -> Answer:
    """Change one of the bot's own messages; this needs no permission to send."""
    message = call.message(call.channel())
    if message.author is not call.world.bot:
        raise DiscordError(50005)
    draft = Draft(call.body or {}, call.uploads, message=message)
    _need_for_content(call, draft)
    guards.guard_edit(call.world, message)
    await posting.edit(call.world, message, draft)
    return Answer(render(call.world, message, viewer=call.world.bot))


async def delete_message(call: Call) -> Answer:
    """Take a message away: an own one, or any with Manage Messages."""
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.world.bot:
        call.need(channel, Permission.MANAGE_MESSAGES)
    guards.guard_place(channel)
    posting.delete(call.world, message)
    return NO_CONTENT


async def trigger_typing(call: Call) -> Answer:
    """Show that the bot is typing."""
    channel = call.channel()
    in_thread = Permission.SEND_MESSAGES_IN_THREADS
    call.need(channel, in_thread if channel.is_thread else Permission.SEND_MESSAGES)
    return NO_CONTENT


def _need_open_dms(call: Call, recipient: User) -> None:
    if not call.world.bot_in_guild:
        raise DiscordError(50278)
    if not recipient.dms_open:
        raise DiscordError(50007)


def _created(call: Call, message: Message) -> Answer:
    answer = render(call.world, message, viewer=call.world.bot)
    if message.nonce is not None:
        answer["nonce"] = message.nonce
    return Answer(answer)


def _need_for_content(call: Call, draft: Draft) -> None:
    channel = call.channel()
    if call.uploads:
        call.need(channel, Permission.ATTACH_FILES)
    if draft.body.get("embeds"):
        call.need(channel, Permission.EMBED_LINKS)


def _check_reference(call: Call, draft: Draft) -> None:
    """Refuse a reply to what is not there, or what the bot may not read."""
    channel = call.channel()
    if not call.world.permissions_of(call.world.bot, channel) & Permission.READ_MESSAGE_HISTORY:
        raise DiscordError(160002)
    reference = draft.body["message_reference"]
    target = call.world.messages.get(int(reference["message_id"]))
    is_here = target is not None and target.channel is channel and not target.deleted
    if target is not None and is_here and not target.is_ephemeral:
        return
    if reference.get("fail_if_not_exists") is False:
        draft.body["message_reference"] = None
        return
    complaints = Complaints()
    complaints.add(("message_reference",), "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    complaints.refuse()


def _page(call: Call, newest_first: list[Message]) -> list[Message]:
    size = call.page_size(DEFAULT_PAGE)
    before, after, around = (call.cursor(name) for name in ("before", "after", "around"))
    if before is not None:
        return [message for message in newest_first if message.id < before][:size]
    if after is not None:
        later = [message for message in newest_first if message.id > after]
        return later[max(0, len(later) - size) :]
    if around is not None:
        near = sorted(newest_first, key=lambda message: abs(message.id - around))[:size]
        return sorted(near, key=lambda message: message.id, reverse=True)
    return newest_first[:size]


_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = _MESSAGES + "/{message_id}"
ROUTES = (
    Route("GET", "/channels/{channel_id}", get_channel),
    Route("PATCH", "/channels/{channel_id}", edit_channel),
    Route("POST", "/channels/{channel_id}/typing", trigger_typing, ratelimits.TYPING),
    Route("GET", _MESSAGES, list_messages, ratelimits.READ_MESSAGES),
    Route("POST", _MESSAGES, create_message, ratelimits.CREATE_MESSAGE),
    Route("GET", _MESSAGE, get_message, ratelimits.READ_MESSAGES),
    Route("PATCH", _MESSAGE, edit_message, ratelimits.EDIT_MESSAGE),
    Route("DELETE", _MESSAGE, delete_message, ratelimits.DELETE_MESSAGE),
)

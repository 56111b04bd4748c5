"""What stops a message before it is posted or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord.errors import DiscordError
from sandbox.discord.messages import embeds, media

if TYPE_CHECKING:
    from sandbox.discord.entities import Channel
    from sandbox.discord.messages.draft import Draft
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World

Json = dict[str, Any]


def guard_place(channel: Channel) -> None:
    """Refuse what an archived thread does not take: edits and reactions."""
    if channel.archived:
        raise DiscordError(50083)


def guard_lock(channel: Channel) -> None:
    """Refuse a new message in a locked thread; an archived one it would bring back."""
    if channel.locked:
        raise DiscordError(50083)


def guard_edit(world: World, message: Message) -> None:
    """Refuse an edit in an archived thread, or one too many of a message that is old.

    Messages older than an hour have an edit quota of their own, answered with 30046.
    """
    guard_place(message.channel)
    settings = world.settings
    now = world.clock()
    if now - message.created_at.timestamp() <= settings.old_message_age_s:
        return
    horizon = now - settings.old_message_window_s
    message.old_edits[:] = [moment for moment in message.old_edits if moment > horizon]
    if len(message.old_edits) >= settings.old_message_edits:
        left_s = message.old_edits[0] - horizon
        extra: Json = {"retry_after": round(left_s, 3), "global": False}
        raise DiscordError(30046, **extra)
    message.old_edits.append(now)


def refuse_blocked_words(world: World, channel: Channel, draft: Draft) -> None:
    """Refuse what automatic moderation stops, wherever in a guild's message it stands."""
    if channel.is_dm:
        return
    texts = [draft.text(), *media.texts_of(draft.body.get("components") or ())]
    texts += [text for embed in draft.body.get("embeds") or () for text in embeds.texts(embed)]
    if world.blocks("\n".join(texts)):
        raise DiscordError(200000)

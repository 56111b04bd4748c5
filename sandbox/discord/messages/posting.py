"""How messages come into the world, change and leave it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments, payloads
from sandbox.discord.errors import DiscordError
from sandbox.discord.events import Event, Intent
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.messages import components, embeds, guards, media, mentions
from sandbox.discord.messages.message import Message, MessageFlag, MessageType, render_event
from sandbox.discord.permissions import Permission
from sandbox.discord.shapes import Complaints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.discord.attachments import Attachment, Upload
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.messages.draft import Draft
    from sandbox.discord.world import World

Json = dict[str, Any]

EDITABLE = ("content", "embeds", "components", "attachments", "flags", "mentions", "edited_at")


@dataclass(frozen=True, slots=True)
class Origin:
    """The interaction a message answers: its metadata, and who alone sees an ephemeral one."""

    metadata: Json
    legacy: Json | None
    user: User
    type: MessageType = MessageType.DEFAULT


async def create(
    world: World,
    channel: Channel,
    author: User,
    draft: Draft,
    *,
    origin: Origin | None = None,
    ephemeral: bool = False,
    previews: Sequence[Json] = (),
) -> Message:
    """Post a message and tell the gateway; ``previews`` are embeds Discord makes of links."""
    guards.guard_lock(channel)
    message = Message(
        world.snowflakes.next(),
        channel,
        author,
        world.now,
        flags=draft.flags,
        nonce=draft.body.get("nonce"),
        tts=bool(draft.body.get("tts")),
    )
    if origin is not None:
        message.type = origin.type
        message.origin, message.legacy_origin = origin.metadata, origin.legacy
    if origin is not None and ephemeral:
        message.flags |= MessageFlag.EPHEMERAL
        message.ephemeral_to = origin.user.id
    if draft.body.get("message_reference"):
        message.reply_to = int(draft.body["message_reference"]["message_id"])
        message.type = MessageType.REPLY
    await _fill(world, message, draft)
    message.embeds += previews
    _require_substance(message)
    archive(world, channel, archived=False)
    publish_new(world, message)
    return message


def create_loading(world: World, channel: Channel, origin: Origin, *, ephemeral: bool) -> Message:
    """Post the "thinking" message of a deferred answer."""
    message = Message(
        world.snowflakes.next(),
        channel,
        world.bot,
        world.now,
        type=origin.type,
        flags=MessageFlag.LOADING,
        origin=origin.metadata,
        legacy_origin=origin.legacy,
    )
    if ephemeral:
        message.flags |= MessageFlag.EPHEMERAL
        message.ephemeral_to = origin.user.id
    publish_new(world, message)
    return message


async def edit(world: World, message: Message, draft: Draft) -> Message:
    """Change what the draft speaks of, leave the rest, and tell the gateway."""
    # One edit after the other: storing a file takes a while, and the rest must not go stale.
    async with message.lock:
        return await _edit(world, message, draft)


async def _edit(world: World, message: Message, draft: Draft) -> Message:
    changed = replace(message)
    changed.flags = _edited_flags(message, draft)
    await _fill(world, changed, draft)
    _require_substance(changed)
    if message.deleted:
        raise DiscordError(10008)
    if not message.is_loading:
        changed.edited_at = world.now
    for attachment in message.attachments:
        attachment.deleted = attachment not in changed.attachments
    for name in EDITABLE:
        setattr(message, name, getattr(changed, name))
    _describe(message, draft)
    message.remember(world)
    _announce(world, "MESSAGE_UPDATE", message, render_event(world, message))
    return message


def delete(world: World, message: Message) -> None:
    """Take a message away, with its files, and tell the gateway."""
    message.deleted = True
    for attachment in message.attachments:
        attachment.deleted = True
    payload: Json = {"id": str(message.id), "channel_id": str(message.channel.id)}
    if not message.channel.is_dm:
        payload["guild_id"] = str(world.guild.id)
    _announce(world, "MESSAGE_DELETE", message, payload)


def archive(world: World, channel: Channel, *, archived: bool) -> None:
    """Archive a thread or bring it back, as a new message does."""
    if channel.archived is not archived:
        channel.archived = archived
        payload = payloads.channel(channel, world.guild.id)
        world.publish(Event("THREAD_UPDATE", payload, world.guild.id, Intent.GUILDS))


def publish_new(world: World, message: Message) -> None:
    """Put a finished message into its channel and tell the gateway."""
    world.messages[message.id] = message
    message.channel.last_message_id = message.id
    message.channel.message_count += 1
    message.remember(world)
    _announce(world, "MESSAGE_CREATE", message, render_event(world, message))


def by_nonce(world: World, channel: Channel, author: User, nonce: str | int) -> Message | None:
    """Return the recent message of the same author and nonce (docs: enforce_nonce)."""
    horizon = world.clock() - world.settings.nonce_window_s
    for message in reversed(world.messages.values()):
        if message.created_at.timestamp() < horizon:
            return None
        same_place = message.channel is channel and message.author is author
        if same_place and message.nonce is not None and str(message.nonce) == str(nonce):
            return message
    return None


async def _fill(world: World, message: Message, draft: Draft) -> None:
    """Give a message what the draft says, or refuse the draft as a whole."""
    guards.refuse_blocked_words(world, message.channel, draft)
    complaints = Complaints()
    message.attachments, showable = await _files(world, message, draft, complaints)
    if draft.says("content"):
        message.content = draft.text()
    if draft.says("embeds"):
        where = (*draft.path, "embeds")
        message.embeds = embeds.store(draft.body["embeds"] or (), showable, where, complaints)
    if draft.says("components"):
        where = (*draft.path, "components")
        given = draft.body["components"] or ()
        message.components = components.store(given, showable, where, complaints)
    _check_kept_media(message, draft, complaints)
    complaints.refuse()
    if any(draft.says(key) for key in ("content", "components", "allowed_mentions")):
        message.mentions = _mentions(world, message, draft)


async def _files(
    world: World, message: Message, draft: Draft, complaints: Complaints
) -> tuple[list[Attachment], list[Attachment]]:
    """Return the files the message will have, and those its components may show.

    docs: reference, Editing Message Attachments: the list names all that shall be there. An edit
    that uploads without a list replaces all files, and its components cannot refer to the new
    ones (discord/discord-api-docs#5170, #7529).
    """
    listed = draft.body.get("attachments")
    if listed is not None:
        files = await _listed_files(world, message, draft, complaints)
        return files, files
    if not draft.uploads:
        return message.attachments, message.attachments
    fresh = [await _store(world, message, upload, {}) for upload in draft.uploads.values()]
    is_new = message.id not in world.messages
    return fresh, fresh if is_new else []


async def _listed_files(
    world: World, message: Message, draft: Draft, complaints: Complaints
) -> list[Attachment]:
    present = {attachment.id: attachment for attachment in message.attachments}
    files: list[Attachment] = []
    numbers: set[int] = set()
    for index, entry in enumerate(draft.body["attachments"]):
        number = int(entry["id"])
        if number in numbers:
            continue
        numbers.add(number)
        if number in draft.uploads:
            files.append(await _store(world, message, draft.uploads[number], entry))
        elif number in present:
            files.append(present[number])
        else:
            where = (*draft.path, "attachments", index, "id")
            complaints.add(where, "ATTACHMENT_NOT_FOUND", "The attachment was not found")
    return files


async def _store(world: World, message: Message, upload: Upload, entry: Json) -> Attachment:
    if entry.get("filename"):
        upload = replace(upload, filename=entry["filename"])
    folder = f"/attachments/{message.channel.id}"
    if message.is_ephemeral:
        folder = f"/ephemeral-attachments/{APPLICATION_ID}"
    attachment = await attachments.store(world, upload, folder, ephemeral=message.is_ephemeral)
    attachment.description = entry.get("description")
    attachment.title = entry.get("title") or attachment.title
    attachment.spoiler = attachment.spoiler or bool(entry.get("is_spoiler"))
    return attachment


def _describe(message: Message, draft: Draft) -> None:
    """Give the files that an edit keeps what it says of them."""
    kept = {attachment.id: attachment for attachment in message.attachments}
    for entry in draft.body.get("attachments") or ():
        attachment = kept.get(int(entry["id"]))
        if attachment is not None and "description" in entry:
            attachment.description = entry["description"]


def _check_kept_media(message: Message, draft: Draft, complaints: Complaints) -> None:
    """Note components and embeds that stay, though the edit drops a file they show."""
    present = {str(attachment.id) for attachment in message.attachments}
    for key in ("components", "embeds"):
        kept = () if draft.says(key) else getattr(message, key)
        trees = {"components": (), "embeds": (), key: kept}
        if media.used_attachments(**trees) - present:
            complaints.add(
                (*draft.path, "attachments"),
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                "The referenced attachment was not found",
            )


def _edited_flags(message: Message, draft: Draft) -> MessageFlag:
    """Return the flags after an edit: V2 can be set but not taken back, the embeds bit both."""
    flags = message.flags & ~MessageFlag.LOADING
    if draft.says("flags"):
        flags &= ~MessageFlag.SUPPRESS_EMBEDS
        flags |= draft.flags & (MessageFlag.SUPPRESS_EMBEDS | MessageFlag.IS_COMPONENTS_V2)
    return flags


def _mentions(world: World, message: Message, draft: Draft) -> mentions.Mentions:
    target = world.messages.get(message.reply_to) if message.reply_to else None
    return mentions.find(
        world,
        [message.content, *media.texts_of(message.components)],
        draft.allowed_mentions(from_interaction=message.origin is not None),
        sender=world.permissions_of(message.author, message.channel),
        replied_to=target.author.id if target else None,
    )


def _require_substance(message: Message) -> None:
    """Refuse a message with nothing to see; of a V2 one, files show in components alone."""
    is_shown = message.content or message.embeds or message.attachments
    if not message.components and (message.uses_components_v2 or not is_shown):
        raise DiscordError(50006)


def _announce(world: World, name: str, message: Message, payload: Json) -> None:
    """Tell the gateway, if the bot can see the place."""
    channel = message.channel
    if message.is_ephemeral or channel.is_dm:
        world.publish(Event(name, payload, None, Intent.DIRECT_MESSAGES))
    elif world.permissions_of(world.bot, channel) & Permission.VIEW_CHANNEL:
        world.publish(Event(name, payload, world.guild.id, Intent.GUILD_MESSAGES))
    else:
        world.touch()

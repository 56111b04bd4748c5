"""What a person does: commands, clicks, modals, reactions, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments, reactions
from sandbox.discord.commands.forms import CommandType
from sandbox.discord.commands.locales import LOCALES
from sandbox.discord.control import filling
from sandbox.discord.control.errors import ControlError
from sandbox.discord.control.filling import Filling
from sandbox.discord.control.request import ControlCall, FileSpec
from sandbox.discord.control.submitting import ModalForm, component_data
from sandbox.discord.errors import DiscordError
from sandbox.discord.interactions.interaction import Interaction, InteractionType, announce
from sandbox.discord.messages import media, posting
from sandbox.discord.messages.draft import Draft
from sandbox.discord.messages.message import render
from sandbox.discord.permissions import Permission

if TYPE_CHECKING:
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.messages.message import Message

Json = dict[str, Any]


async def use_command(call: ControlCall) -> Json:
    """Use a typed command, or one from a message's menu."""
    user = call.actor()
    if call.body.get("menu") is not None:
        return _use_menu(call, user)
    return await _use_typed(call, user, InteractionType.COMMAND)


async def autocomplete(call: ControlCall) -> Json:
    """Type into an option that offers choices; ``focused`` names it."""
    if call.get("focused", str) not in call.get("options", dict):
        raise ControlError("'focused' must name one of the options")
    return await _use_typed(call, call.actor(), InteractionType.AUTOCOMPLETE)


async def use_component(call: ControlCall) -> Json:
    """Press a button or choose from a menu."""
    user = call.actor()
    message = call.message(user)
    values = call.items("values", str)
    unchecked = call.get("unchecked", bool, default=False)
    custom_id = call.get("custom_id", str)
    data = component_data(call.world, message, custom_id, values, unchecked=unchecked)
    return _announced(call, user, message.channel, InteractionType.COMPONENT, data, message=message)


async def submit_modal(call: ControlCall) -> Json:
    """Send a modal off."""
    user = call.actor()
    opener = call.interaction()
    unchecked = call.get("unchecked", bool, default=False)
    if opener.user is not user and not unchecked:
        raise ControlError(f"that modal is not shown to {user.username}")
    if opener.modal is None:
        raise ControlError("that interaction showed no modal")
    if opener.submitted_by is not None and opener.submitted_by.is_acknowledged:
        raise ControlError("that modal was sent off and closed")
    files = {
        name: [FileSpec.parse(name, item) for item in (spec if isinstance(spec, list) else [spec])]
        for name, spec in call.get("files", dict, {}).items()
    }
    form = ModalForm(
        call.world, opener.modal, call.get("values", dict, {}), files, unchecked=unchecked
    )
    data = await form.data()
    if unchecked:
        data["custom_id"] = call.get("custom_id", str, data["custom_id"])
    interaction = _interaction(call, user, opener.channel, InteractionType.MODAL_SUBMIT, data)
    interaction.message, interaction.opener = opener.message, opener
    opener.submitted_by = interaction
    announce(call.world, interaction)
    return {"interaction": str(interaction.id)}


async def redeliver(call: ControlCall) -> Json:
    """Send an interaction to the bot once more, as it was."""
    interaction = call.interaction()
    announce(call.world, interaction)
    return {"interaction": str(interaction.id)}


async def add_reaction(call: ControlCall) -> Json:
    """React to a message."""
    user, message = _reactable(call)
    emoji = call.get("emoji", str)
    reactions.check(call.world, message, user, emoji)
    reactions.add(call.world, message, user, emoji)
    return {"message": str(message.id)}


async def remove_reaction(call: ControlCall) -> Json:
    """Take one's own reaction back."""
    user, message = _reactable(call)
    emoji = call.get("emoji", str)
    if user.id not in message.reactions.get(emoji, ()):
        raise ControlError(f"{user.username} did not react with {emoji}")
    reactions.remove(call.world, message, user, emoji)
    return {"message": str(message.id)}


async def post_message(call: ControlCall) -> Json:
    """Write a message, with files and with the link previews Discord would add."""
    user = call.actor()
    channel = call.channel(user)
    specs = call.uploads()
    embeds = call.items("embeds", dict)
    previewed = {name for embed in embeds for name in _shown_files(embed).values()}
    uploads = [spec.upload for name, spec in specs.items() if name not in previewed]
    _refuse_writing(call, user, channel, has_files=bool(uploads))
    body: Json = {"content": call.get("content", str, "")}
    if call.body.get("reply_to") is not None:
        target = call.message(user, call.body["reply_to"])
        body["message_reference"] = {"message_id": str(target.id)}
    message = await posting.create(
        call.world,
        channel,
        user,
        Draft(body, dict(enumerate(uploads))),
        previews=[await _preview(call, embed, specs) for embed in embeds],
    )
    return {"message": str(message.id)}


async def delete_message(call: ControlCall) -> Json:
    """Delete a message: an own one, or any with Manage Messages (default: as the owner)."""
    call.body.setdefault("as", "owner")
    user = call.actor()
    message = call.message(user)
    may = call.world.permissions_of(user, message.channel)
    is_dismissed = message.is_ephemeral and message.ephemeral_to == user.id
    if not (message.author is user or is_dismissed or may & Permission.MANAGE_MESSAGES):
        raise ControlError(f"{user.username} may not delete that message")
    posting.delete(call.world, message)
    return {"message": str(message.id)}


async def _use_typed(call: ControlCall, user: User, kind: InteractionType) -> Json:
    channel = call.channel(user)
    name = call.get("name", str)
    command, words = filling.find(call.world, name, CommandType.CHAT_INPUT, user, channel)
    fill = Filling(
        call.world,
        dict(call.get("options", dict, {})),
        call.uploads(),
        unchecked=call.get("unchecked", bool, default=False),
        focused=call.get("focused", str) if kind is InteractionType.AUTOCOMPLETE else None,
    )
    return _announced(call, user, channel, kind, await fill.data(command, words))


def _use_menu(call: ControlCall, user: User) -> Json:
    menu = call.get("menu", dict)
    if menu.keys() != {"message"}:
        raise ControlError("'menu' must be {\"message\": ID}")
    message = call.message(user, menu["message"])
    name = call.get("name", str)
    command, _ = filling.find(call.world, name, CommandType.MESSAGE, user, message.channel)
    shown = render(call.world, message, viewer=user)
    data: Json = {
        "id": str(command.id),
        "name": command.name,
        "type": int(command.kind),
        "target_id": str(message.id),
        "resolved": {"messages": {str(message.id): shown}},
    }
    return _announced(call, user, message.channel, InteractionType.COMMAND, data)


def _announced(
    call: ControlCall,
    user: User,
    channel: Channel,
    kind: InteractionType,
    data: Json,
    *,
    message: Message | None = None,
) -> Json:
    interaction = _interaction(call, user, channel, kind, data)
    interaction.message = message
    announce(call.world, interaction)
    return {"interaction": str(interaction.id)}


def _interaction(
    call: ControlCall, user: User, channel: Channel, kind: InteractionType, data: Json
) -> Interaction:
    locale = call.get("locale", str, "en-US")
    if locale not in LOCALES:
        raise ControlError(f"no client speaks {locale!r}")
    return Interaction(
        call.world.snowflakes.next(),
        kind,
        user,
        channel,
        data,
        created_at=call.world.clock(),
        locale=locale,
    )


def _reactable(call: ControlCall) -> tuple[User, Message]:
    user = call.actor()
    message = call.message(user)
    if message.is_ephemeral:
        raise ControlError("nobody can react to an ephemeral message")
    return user, message


def _refuse_writing(call: ControlCall, user: User, channel: Channel, *, has_files: bool) -> None:
    in_thread = Permission.SEND_MESSAGES_IN_THREADS
    needed = in_thread if channel.is_thread else Permission.SEND_MESSAGES
    if has_files:
        needed |= Permission.ATTACH_FILES
    if needed & ~call.world.permissions_of(user, channel):
        raise DiscordError(50013)


def _shown_files(embed: Json) -> dict[str, str]:
    """Return which picture of a link preview stands in which of the call's files."""
    pictures = {key: embed.get(key) or {} for key in media.EMBED_PICTURES}
    for key, picture in pictures.items():
        if not isinstance(picture, dict) or not isinstance(picture.get("file", ""), str):
            raise ControlError(f"the preview's {key} must be an object, its file a name")
    return {key: picture["file"] for key, picture in pictures.items() if "file" in picture}


async def _preview(call: ControlCall, embed: Json, specs: dict[str, FileSpec]) -> Json:
    """Return a link preview whose pictures the stand-in serves at their ``proxy_url``."""
    preview: Json = {"type": "link", **embed}
    for key, name in _shown_files(embed).items():
        if name not in specs:
            raise ControlError(f"the preview's {key} names no file {name!r}")
        attachment = await attachments.store(call.world, specs[name].upload, "/external")
        preview[key] = {"url": embed[key].get("url", ""), "attachment_id": str(attachment.id)}
    return preview

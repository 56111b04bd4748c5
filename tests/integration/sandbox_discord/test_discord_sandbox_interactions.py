"""What discord.py gets when members use commands, buttons, menus and modals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord import ui
from PIL import Image

from sandbox.discord import ids
from sandbox.discord.control.client import RefusedError, file

if TYPE_CHECKING:
    from contract_bot import ContractBot, Interaction

    from sandbox.discord.control.client import ControlClient


def png(width: int = 320, height: int = 400) -> bytes:
    """Return a picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def gallery(message: Any) -> list[Any]:
    """Return the media of a card's gallery."""
    return [item.media for item in message.components[0].children[1].items]


class Kept:
    """A file to keep, known by its id alone: a V2 message lists no attachments."""

    def __init__(self, attachment_id: int) -> None:
        self.id = attachment_id

    def to_dict(self) -> dict[str, Any]:
        """Return what discord.py puts into the request."""
        return {"id": self.id}


def card(text: str, *names: str) -> ui.LayoutView:
    """Return a Components V2 card with a text, pictures and a button."""
    view = ui.LayoutView(timeout=None)
    box: ui.Container[Any] = ui.Container(ui.TextDisplay(text))
    if names:
        box.add_item(
            ui.MediaGallery(*(discord.MediaGalleryItem(f"attachment://{n}") for n in names))
        )
    box.add_item(ui.ActionRow(ui.Button(label="Cancel", custom_id="cancel:1")))
    view.add_item(box)
    return view


async def test_command_brings_options_attachment_member_and_permissions(
    bot: ContractBot, person: ControlClient
) -> None:
    """An attachment comes with its metadata, readable by its link; the member with permissions."""

    async def act(interaction: Interaction, **options: Any) -> Any:
        await interaction.response.defer()
        return interaction, options, await options["image"].read()

    files = {"image": file("my photo.png", png())}
    options = {"prompt": "waves", "magic": False}
    interaction, given, data = await bot.does(
        act, person.command("alice", "animate", options=options, files=files, locale="ru")
    )
    image = given["image"]
    assert (given["prompt"], given["magic"]) == ("waves", False)
    assert (image.filename, image.content_type, image.size) == (
        "my_photo.png",
        "image/png",
        len(data),
    )
    assert (image.width, image.height, image.ephemeral) == (320, 400, True)
    assert "/ephemeral-attachments/" in image.url
    assert data == png()
    assert interaction.user.id == ids.ALICE_ID
    assert interaction.channel_id == ids.TEXT_CHANNEL_ID
    assert interaction.user.display_name == "Alice"
    assert not interaction.permissions.manage_messages
    assert interaction.app_permissions.attach_files
    assert not interaction.app_permissions.manage_messages
    assert interaction.locale is discord.Locale.russian
    assert interaction.filesize_limit == 20 * 1024 * 1024
    assert interaction.is_guild_integration()


async def test_deferred_answer_becomes_a_card_with_a_file(
    bot: ContractBot, person: ControlClient
) -> None:
    """The V2 card replaces "thinking" in the same message; its file is in the media item only."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        promise = await interaction.response.defer()
        picture = discord.File(io.BytesIO(png()), "clean.png")
        message = await interaction.edit_original_response(
            view=card("working", "clean.png"), attachments=[picture]
        )
        return promise, message

    promise, message = await bot.does(
        act, person.command("alice", "animate", options={"prompt": "p"})
    )
    assert promise.is_thinking()
    assert promise.message_id == message.id
    assert message.attachments == []
    assert message.flags.components_v2
    assert not message.flags.loading
    media = gallery(message)[0]
    assert (media.width, media.height, media.content_type) == (320, 400, "image/png")
    assert media.attachment_id
    [seen] = await person.messages("bob")
    first, second = (version["message"] for version in seen["history"])
    assert first["flags"] == 128
    assert second["flags"] == 1 << 15
    assert seen["edited_timestamp"] is None


async def test_edit_without_attachments_keeps_the_files_and_a_list_keeps_the_listed(
    bot: ContractBot, person: ControlClient
) -> None:
    """Progress edits leave files alone; the last edit names the kept id and brings a new file."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.defer()
        first = await interaction.edit_original_response(
            view=card("one", "a.png"), attachments=[discord.File(io.BytesIO(png()), "a.png")]
        )
        kept = gallery(first)[0].attachment_id
        second = await interaction.edit_original_response(view=card("two", "a.png"))
        both: list[Any] = [Kept(kept), discord.File(io.BytesIO(png(10, 20)), "b.png")]
        third = await interaction.edit_original_response(
            view=card("three", "a.png", "b.png"),
            attachments=both,
        )
        return kept, second, third

    kept, second, third = await bot.does(
        act, person.command("alice", "animate", options={"prompt": "p"})
    )
    assert gallery(second)[0].attachment_id == kept
    old, new = gallery(third)
    assert old.attachment_id == kept
    assert (new.width, new.height) == (10, 20)


async def test_refusal_after_a_public_defer_is_seen_by_its_member_alone(
    bot: ContractBot, person: ControlClient
) -> None:
    """The thinking message is deleted, the followup is ephemeral: others see nothing."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.defer()
        await interaction.delete_original_response()
        return await interaction.followup.send("No.", ephemeral=True, wait=True)

    await bot.does(act, person.command("alice", "animate", options={"prompt": "p"}))
    assert await person.messages("bob") == []
    [seen] = await person.messages("alice")
    assert (seen["content"], seen["flags"]) == ("No.", 64)
    everything = await person.messages("bob", deleted="true")
    assert [message["deleted"] for message in everything] == [True]


async def test_first_followup_fills_the_thinking_message(
    bot: ContractBot, person: ControlClient
) -> None:
    """A followup after a defer is the answer itself, as public or private as the defer was."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        promise = await interaction.response.defer(ephemeral=True)
        message = await interaction.followup.send("here", ephemeral=False, wait=True)
        assert promise is not None
        return promise.message_id, message

    promised, message = await bot.does(
        act, person.command("alice", "animate", options={"prompt": "p"})
    )
    assert message.id == promised
    assert message.flags.ephemeral


async def test_button_of_a_card_reaches_a_dynamic_item(
    bot: ContractBot, person: ControlClient
) -> None:
    """A click brings the message; its answer may edit that message."""
    pressed: list[str] = []

    class Cancel(ui.DynamicItem[ui.Button[Any]], template=r"cancel:(?P<job>\d+)"):
        def __init__(self, job: str) -> None:
            super().__init__(ui.Button(label="Cancel", custom_id=f"cancel:{job}"))
            self.job = job

        @classmethod
        async def from_custom_id(cls, _: Any, _item: Any, match: Any, /) -> Cancel:
            return cls(match["job"])

        async def callback(self, interaction: Any) -> None:
            pressed.append(self.job)
            await interaction.response.edit_message(view=card("cancelled"))

    bot.add_dynamic_items(Cancel)

    async def show(interaction: Interaction, **_: Any) -> Any:
        return await interaction.response.send_message(view=card("working"))

    await bot.does(show, person.command("alice", "animate", options={"prompt": "p"}))
    [seen] = await person.messages("bob")

    async def ignore(_: Interaction) -> None:
        return None

    await bot.does(ignore, person.click("bob", seen["id"], "cancel:1"))
    changed = await person.watch(
        lambda: person.messages("bob"), until=lambda found: "cancelled" in str(found)
    )
    assert pressed == ["1"]
    assert changed[0]["id"] == seen["id"]
    assert changed[0]["edited_timestamp"]


async def test_modal_opens_and_its_values_come_back(
    bot: ContractBot, person: ControlClient
) -> None:
    """A stateless modal with a Label travels out and back with what the member typed."""

    async def ask(interaction: Interaction, **_: Any) -> Any:
        modal = ui.Modal(title="Edit prompt", custom_id="edit:1", timeout=None)
        field = ui.TextInput(custom_id="prompt", default="old", max_length=20)
        modal.add_item(ui.Label(text="Prompt", component=field))
        await interaction.response.send_modal(modal)
        return interaction.id

    opener = await bot.does(ask, person.command("alice", "animate", options={"prompt": "p"}))
    answered = await person.interaction(str(opener))
    assert answered["modal"]["title"] == "Edit prompt"

    async def take(interaction: Interaction) -> Any:
        await interaction.response.send_message("thanks", ephemeral=True)
        return interaction.data

    with pytest.raises(RefusedError, match="has length 21"):
        await person.submit("alice", str(opener), {"prompt": "x" * 21})
    with pytest.raises(RefusedError, match="not shown to bob"):
        await person.submit("bob", str(opener), {"prompt": "new"})
    data = await bot.does(take, person.submit("alice", str(opener), {"prompt": "new"}))
    assert data["custom_id"] == "edit:1"
    assert data["components"][0]["component"]["value"] == "new"
    with pytest.raises(RefusedError, match="sent off"):
        await person.submit("alice", str(opener), {"prompt": "again"})


async def test_autocomplete_offers_choices(bot: ContractBot, person: ControlClient) -> None:
    """Typing brings the bot's choices; nothing is posted."""
    del bot
    body = {"as": "alice", "channel": "text", "name": "pick", "options": {"thing": "ap"}}
    made = await person.post("/autocomplete", **body, focused="thing")
    answer = await person.interaction(made["interaction"], wait_s=10)
    assert [choice["value"] for choice in answer["choices"]] == ["apple", "apricot"]
    assert (answer["type"], answer["messages"]) == (8, [])


async def test_message_menu_brings_the_target_with_content_and_files(
    bot: ContractBot, person: ControlClient
) -> None:
    """The target's text and files come along without the message-content intent."""
    target = await person.say("bob", "look", files={"a": file("cat.png", png(50, 60))})

    async def act(interaction: Interaction, message: discord.Message) -> Any:
        await interaction.response.defer(ephemeral=True)
        return message

    message = await bot.does(act, person.menu("alice", "Inspect it", target))
    assert (message.content, message.author.id) == ("look", ids.BOB_ID)
    assert (message.attachments[0].width, message.attachments[0].height) == (50, 60)


async def test_subcommand_with_a_number_for_those_who_may(
    bot: ContractBot, person: ControlClient
) -> None:
    """A group's command is reached by its words, offered only to those with its permissions."""

    async def act(interaction: Interaction, number: int) -> int:
        await interaction.response.send_message("ok", ephemeral=True)
        return number

    trigger = person.command("owner", "admin limit", options={"number": 3})
    assert await bot.does(act, trigger) == 3
    with pytest.raises(RefusedError, match="not offered to alice"):
        await person.command("alice", "admin limit", options={"number": 3})


async def test_redelivered_interaction_is_already_acknowledged(
    bot: ContractBot, person: ControlClient
) -> None:
    """The same interaction may come twice; only the first answer counts."""

    async def act(interaction: Interaction, **_: Any) -> int:
        await interaction.response.defer()
        return interaction.id

    first = await bot.does(act, person.command("alice", "animate", options={"prompt": "p"}))

    async def again() -> str:
        return await person.post(f"/interactions/{first}/redeliver")

    with pytest.raises(discord.HTTPException) as refusal:
        await bot.does(act, again())
    assert (refusal.value.status, refusal.value.code) == (400, 40060)
    assert len(await person.messages("alice")) == 1


async def test_dm_with_the_bot(bot: ContractBot, person: ControlClient) -> None:
    """In a direct conversation there is a user, no member, and the bot's own context."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.defer()
        message = await interaction.edit_original_response(view=card("hello"))
        await (
            bot.get_partial_messageable(message.channel.id)
            .get_partial_message(message.id)
            .edit(view=card("by bot token"))
        )
        return interaction

    interaction = await bot.does(
        act, person.command("bob", "animate", channel="dm", options={"prompt": "p"})
    )
    assert interaction.guild is None
    assert isinstance(interaction.channel, discord.DMChannel)
    assert interaction.context.dm_channel
    [seen] = await person.messages("bob", "dm")
    assert "by bot token" in str(seen["components"])


async def test_channel_hidden_from_the_bot_works_by_token_only(
    bot: ContractBot, person: ControlClient
) -> None:
    """The command works there, its token edits; the bot token has no access at all."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.defer()
        message = await interaction.edit_original_response(view=card("by token"))
        place = bot.get_partial_messageable(message.channel.id)
        with pytest.raises(discord.Forbidden) as refused:
            await place.get_partial_message(message.id).edit(view=card("by bot token"))
        return interaction.app_permissions, refused.value.code

    trigger = person.command("alice", "animate", channel="hidden", options={"prompt": "p"})
    permissions, code = await bot.does(act, trigger)
    assert (permissions.view_channel, code) == (False, 50001)
    [seen] = await person.messages("alice", "hidden")
    assert "by token" in str(seen["components"])


async def test_thread_answers_and_edits_by_bot_token(
    bot: ContractBot, person: ControlClient
) -> None:
    """A thread is a place like any other, with its own permission to send."""

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.send_message(view=card("in a thread"))
        return interaction.channel

    channel = await bot.does(
        act, person.command("alice", "animate", channel="thread", options={"prompt": "p"})
    )
    assert isinstance(channel, discord.Thread)
    assert (await channel.send("more")).channel.id == ids.THREAD_ID

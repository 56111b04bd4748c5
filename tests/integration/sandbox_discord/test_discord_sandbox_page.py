"""The page in a real browser, with a bot that shows it everything there is."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from discord import ui
from playwright.async_api import expect

from sandbox.discord import ids
from sandbox.sample.lighthouse import PICTURE
from tests.browser import needs_chromium, opened

if TYPE_CHECKING:
    from contract_bot import ContractBot, Interaction
    from playwright.async_api import Page

    from sandbox.discord.control.client import ControlClient
    from sandbox.discord.server import DiscordSandbox

HOSTILE = (
    "<img src=x onerror=alert(1)> **bold** *it* __under__ ~~no~~ `<b>` ||secret|| "
    "[evil](javascript:alert(1)) [fine](https://example.org/a_b_c) <@1100000000000000012> "
    "<t:1700000000:R> snake_case_name \\*stars\\*\n"
    "> quoted *text*\n-# small\n### Heading\n- one\n- two"
)


async def run(page: Page, command: str) -> None:
    """Open the commands and choose one."""
    await page.click("#slash")
    await page.click(f"button.command:has-text('{command}')")


@needs_chromium
async def test_texts_stay_texts_and_every_component_is_drawn(
    sandbox: DiscordSandbox, bot: ContractBot, person: ControlClient
) -> None:
    """Markup in a message is shown, not run; a click, a choice and several reach the bot."""

    async def show(interaction: Interaction, **_: Any) -> None:
        picture = discord.File(io.BytesIO(PICTURE.read_bytes()), PICTURE.name)
        await interaction.response.send_message(view=everything(), file=picture)

    async def acknowledge(interaction: Interaction) -> Any:
        await interaction.response.send_message("only *yours*", ephemeral=True)
        return interaction.data

    async with opened(sandbox.url) as page:
        message = page.locator(f"#message-{await person.say('bob', HOSTILE)} .text")
        await expect(message).to_contain_text("<img src=x onerror=alert(1)> bold it under no <b>")
        await expect(message).to_contain_text("[evil](javascript:alert(1)) fine @Bob")
        await expect(message).to_contain_text("ago snake_case_name *stars*")
        for shown in (
            "strong",
            ":scope > p em",
            "u",
            "s",
            "code",
            ".spoiler",
            "blockquote em",
            ".sub",
            "h5",
        ):
            assert await message.locator(shown).count() == 1, shown
        assert await message.locator("a").count() == 1
        assert await message.locator("li").all_inner_texts() == ["one", "two"]
        whole = page.locator(".message")
        await whole.locator("summary", has_text="React").press("Enter")
        await whole.get_by_role("button", name="React with 👍").press("Enter")
        await whole.get_by_role("button", name="👍, 1, take yours back").press("Enter")
        await expect(whole).to_be_focused()  # the button that had the focus is gone

        await bot.does(show, person.command("bob", "animate", options={"prompt": "x"}))
        card = page.locator(".container")
        await expect(card.locator(".thumbnail img")).to_be_visible()
        save = card.get_by_role("link", name="Save picture")
        async with page.expect_download() as saving:
            await save.click()
        assert (await saving.value).suggested_filename == "lighthouse.jpg"
        assert await card.locator("hr").count() == 1
        styles = await card.locator(".buttons > button").evaluate_all(
            "all => all.map(b => b.className)"
        )
        assert styles == ["primary", "secondary", "success", "danger"]
        link = card.locator("a.link")
        assert await link.get_attribute("href") == "https://example.org/"
        assert await link.get_attribute("rel") == "noopener noreferrer"
        await expect(card.get_by_role("button", name="Green")).to_be_disabled()

        pressed = await bot.does(acknowledge, card.get_by_role("button", name="Red").click())
        assert pressed["custom_id"] == "red"
        private = page.locator(".private", has_text="only yours")
        await private.get_by_role("button", name="Dismiss").press("Enter")
        await expect(private).to_have_count(0)
        await expect(page.locator("#messages")).to_be_focused()

        await card.locator("summary", has_text="Pick one").click()
        chosen = await bot.does(acknowledge, card.get_by_role("button", name="Beta").click())
        assert chosen["values"] == ["b"]
        await card.locator("summary", has_text="Pick some").click()
        for label in ("Alpha", "Gamma"):
            await card.get_by_role("checkbox", name=label).check()
        chosen = await bot.does(acknowledge, card.get_by_role("button", name="Choose").click())
        assert chosen["values"] == ["a", "g"]


def everything() -> ui.LayoutView:
    """Return a view with all that a message can hold."""
    letters = [discord.SelectOption(label=word, value=word[0].lower()) for word in LETTERS]
    styles = discord.ButtonStyle
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.Section(
                ui.TextDisplay("### Title"), accessory=ui.Thumbnail("attachment://lighthouse.jpg")
            ),
            ui.Separator(),
            ui.ActionRow(
                ui.Button(label="Blue", style=styles.primary, custom_id="blue"),
                ui.Button(label="Grey", style=styles.secondary, custom_id="grey"),
                ui.Button(label="Green", style=styles.success, custom_id="green", disabled=True),
                ui.Button(label="Red", style=styles.danger, custom_id="red"),
                ui.Button(label="Out", url="https://example.org/"),
            ),
            ui.ActionRow(ui.Select(placeholder="Pick one", custom_id="one", options=letters)),
            ui.ActionRow(
                ui.Select(placeholder="Pick some", custom_id="some", options=letters, max_values=3)
            ),
            accent_colour=discord.Colour.teal(),
        )
    )
    return view


LETTERS = ("Alpha", "Beta", "Gamma")


@needs_chromium
async def test_links_to_messages_lead_there_and_refusals_are_told(
    sandbox: DiscordSandbox, person: ControlClient
) -> None:
    """A jump link opens the other channel at its message; the address brings one back."""
    there = await person.say("bob", "over here", channel="thread")
    link = f"https://discord.com/channels/{ids.GUILD_ID}/{ids.THREAD_ID}/{there}"
    here = await person.say("bob", f"[read this]({link}) and ||this||")
    async with opened(sandbox.url) as page:
        message = page.locator(f"#message-{here}")
        await message.locator(".spoiler").focus()
        await page.keyboard.press("Enter")
        await expect(message.locator(".spoiler")).to_have_class("spoiler revealed")
        await message.get_by_role("link", name="read this").click()
        await expect(page.locator("#place")).to_contain_text("#a thread")
        await expect(page.locator(f"#message-{there}")).to_be_focused()

        await page.go_back()
        await expect(message).to_be_visible()
        await person.post("/guild", action="automod", words=["forbidden"])
        await page.fill("#text", "a forbidden word")
        await page.keyboard.press("Enter")
        await expect(page.locator("#notice")).to_contain_text("automatic moderation")
        await expect(page.locator("#text")).to_have_value("a forbidden word")
        await page.keyboard.press("Escape")
        await expect(page.locator("#notice")).to_be_empty()
        await person.delete(f"/messages/{here}")
        await expect(message).to_have_count(0)
        await page.goto(f"{sandbox.url}/#in=nowhere")
        await expect(page.locator("#place")).to_contain_text("#general")
        await expect(page.locator("#notice")).to_contain_text("nowhere")


@needs_chromium
async def test_a_modal_is_filled_in_refused_with_the_reason_and_sent(
    sandbox: DiscordSandbox, bot: ContractBot
) -> None:
    """Every kind of field; a refused value keeps the modal, and the focus is in it throughout."""

    async def ask(interaction: Interaction, **_: Any) -> None:
        await interaction.response.send_modal(questions())

    async def take(interaction: Interaction) -> Any:
        await interaction.response.send_message("thanks")
        return interaction.data

    async with opened(sandbox.url) as page:
        await run(page, "/animate")
        await page.get_by_label("prompt").fill("waves")
        await bot.does(ask, page.get_by_role("button", name="Run").click())
        modal = page.get_by_role("dialog", name="Questions")
        prompt = modal.get_by_label("Prompt")
        await expect(prompt).to_be_focused()
        await expect(prompt).to_have_value("as it was")
        await prompt.fill("ab")
        await modal.get_by_role("button", name="Submit").click()
        await expect(modal.get_by_role("alert")).to_contain_text("length 2, it takes 3 to 20")
        await prompt.fill("all is new")
        await modal.get_by_label("Letter").select_option(label="Beta")
        await modal.get_by_role("radio", name="Gamma").check()
        await modal.get_by_role("checkbox", name="Alpha").check()
        await modal.get_by_label("Files").set_input_files(PICTURE)
        data = await bot.does(take, modal.get_by_role("button", name="Submit").dblclick())
        await expect(modal).to_have_count(0)
        await expect(page.locator(".message .text")).to_have_text("thanks")

    answers = [row["component"] for row in data["components"]]
    assert [answer.get("value", answer.get("values")) for answer in answers[:4]] == [
        "all is new",
        ["b"],
        "g",
        ["a"],
    ]
    (file,) = data["resolved"]["attachments"].values()
    assert (file["filename"], file["size"]) == ("lighthouse.jpg", PICTURE.stat().st_size)


def questions() -> ui.Modal:
    """Return a modal with five kinds of field."""
    modal = ui.Modal(title="Questions", custom_id="questions", timeout=None)
    words = [(word, word[0].lower()) for word in LETTERS]
    fields: list[tuple[str, ui.Item[Any]]] = [
        ("Prompt", ui.TextInput(default="as it was", min_length=3, max_length=20)),
        (
            "Letter",
            ui.Select(
                options=[discord.SelectOption(label=label, value=value) for label, value in words]
            ),
        ),
        (
            "One of",
            ui.RadioGroup(
                options=[
                    discord.RadioGroupOption(label=label, value=value) for label, value in words
                ]
            ),
        ),
        (
            "Any of",
            ui.CheckboxGroup(
                options=[
                    discord.CheckboxGroupOption(label=label, value=value) for label, value in words
                ]
            ),
        ),
        ("Files", ui.FileUpload(required=True)),
    ]
    for text, field in fields:
        modal.add_item(ui.Label(text=text, component=field))
    return modal


@needs_chromium
async def test_suggestions_sub_commands_menus_and_silence(
    sandbox: DiscordSandbox, bot: ContractBot, person: ControlClient
) -> None:
    """The keyboard picks a suggestion; nobody is offered what is not theirs; silence is told."""

    async def take(interaction: Interaction, **options: Any) -> Any:
        await interaction.response.send_message("taken", ephemeral=True)
        return {**options, "locale": str(interaction.locale)}

    async def sleep(*_: Any, **__: Any) -> None:
        return None

    async with opened(sandbox.url) as page:
        await page.keyboard.press("Tab")
        await page.locator("#text").press_sequentially("/pi")
        await expect(page.locator("button.command strong")).to_have_text(["/pick"])
        await page.keyboard.press("Enter")
        thing = page.get_by_role("combobox", name="thing")
        await thing.press_sequentially("ap")
        await expect(page.locator("[role=option]")).to_have_text(["apple", "apricot"])
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            await thing.press(key)
        await expect(thing).to_have_value("apricot")
        await page.get_by_label("who").select_option(label="@Mod")
        options = await bot.does(take, page.get_by_role("button", name="Run").click())
        assert (options["thing"], options["who"].name) == ("apricot", "mod")

        await page.get_by_label("You are").select_option("owner")
        await expect(page.locator(".private")).to_have_count(0)
        await page.get_by_label("Language").select_option("ru")
        await run(page, "/admin limit")
        await page.get_by_label("number").fill("99")
        await page.get_by_role("button", name="Run").click()
        await expect(page.get_by_role("alert")).to_contain_text(["value 99, the most is 9"])
        await page.get_by_label("number").fill("7")
        taken = await bot.does(take, page.get_by_role("button", name="Run").click())
        assert taken == {"number": 7, "locale": "ru"}

        message = page.locator(f"#message-{await person.say('alice', 'look')}")
        await message.hover()
        await message.locator("summary", has_text="Apps").click()
        inspected = await bot.does(take, message.get_by_role("button", name="Inspect it").click())
        assert inspected["message"].content == "look"
        await person.post("/settings", ack_deadline_s=0.5)
        await message.locator("summary", has_text="Apps").click()
        await bot.does(sleep, message.get_by_role("button", name="Inspect it").click())
        await expect(page.locator("#notice")).to_contain_text("did not answer in time")
        await bot.close()
        await expect(page.locator("#status")).to_have_text("The bot is offline")


async def test_no_other_site_may_act_here(sandbox: DiscordSandbox) -> None:
    """DNS rebinding, a foreign page's request and its pictures are refused; a link is not."""
    own = sandbox.url.removeprefix("http://")
    elsewhere: list[tuple[str, dict[str, str], int]] = [
        ("/sandbox/world", {}, 200),
        ("/sandbox/world", {"Host": own.replace("127.0.0.1", "localhost")}, 200),
        ("/sandbox/world", {"Origin": sandbox.url}, 200),
        ("/sandbox/world", {"Host": "rebound.example:80"}, 403),
        ("/sandbox/world", {"Host": "127.0.0.1.example"}, 403),
        ("/sandbox/world", {"Origin": "https://evil.example"}, 403),
        ("/sandbox/world", {"Origin": "null"}, 403),
        ("/sandbox/world", {"Origin": "http://127.0.0.1:1"}, 403),
        ("/gateway", {"Origin": "https://evil.example"}, 403),
        ("/web/icon.svg", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ]
    async with aiohttp.ClientSession() as session:
        for path, headers, status in elsewhere:
            async with session.get(f"{sandbox.url}{path}", headers=headers) as response:
                assert response.status == status, (path, headers)
        async with session.get(f"{sandbox.url}/") as response:
            policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["alice", "bob", "mod", "owner"])
async def test_a_view_is_one_members_own(person: ControlClient, name: str) -> None:
    """Each sees their own direct messages and rights, and nobody else's private answers."""
    view = await person.get("/view", **{"as": name, "channel": "text"})
    places = {place["key"]: place for place in view["places"]}
    assert list(places) == ["text", "thread", "hidden", "dm"]
    assert places["text"]["may"]["manage_messages"] is (name in ("mod", "owner"))
    assert not places["hidden"]["bot_sees"]
    assert view["place"] == places["text"]["id"]
    assert view["members"][0]["bot"]
    await asyncio.gather(person.say("alice", "hello"), person.say("bob", "hi", channel="dm"))
    here = await person.get("/view", **{"as": name, "channel": "dm"})
    assert [item["content"] for item in here["messages"]] == (["hi"] if name == "bob" else [])

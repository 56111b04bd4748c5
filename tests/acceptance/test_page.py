"""The page: a newcomer plays with the real bot in a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

from sandbox.sample.lighthouse import PICTURE
from tests.acceptance.playground import PATIENCE_S
from tests.browser import needs_chromium, opened

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.acceptance.playground import Stage

UNDER_WAY = re.compile("Getting ready|Sending|In the queue")
PLAYS = """async video => {
    video.muted = true;
    window.disturbances = [];
    for (const name of ["pause", "emptied", "error"]) {
        video.addEventListener(name, () => window.disturbances.push(name));
    }
    await video.play();
}"""


@needs_chromium
async def test_a_newcomer_animates_stops_and_asks_by_a_message(stage: Stage) -> None:
    """The card changes under a person's eyes; a video that plays is not disturbed by any of it."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    async with opened(stage.discord.url) as page:
        await animate(page, "the waves roll in")
        card = page.locator(".container").first
        await expect(card).to_contain_text(UNDER_WAY)
        await stage.sent()
        await stage.complete()
        await expect(card).to_contain_text("Done in")
        await expect(card.get_by_role("button", name="Cancel")).to_have_count(0)
        video = await card.locator("video").element_handle()
        assert video is not None
        await video.evaluate(PLAYS)
        await page.wait_for_function("video => video.currentTime > 0.2", arg=video)

        await animate(page, "the beam turns")
        second = page.locator(".message").nth(1)
        await expect(second).to_contain_text(UNDER_WAY)
        await second.get_by_role("button", name="❌, 1, add yours").click()
        await expect(second).to_contain_text("Cancelled")
        assert await page.evaluate("disturbances") == []
        assert await video.evaluate("video => video.isConnected && !video.paused")

        await stage.runcomfy.post("/sandbox/settings", queue_s=[0.2, 0.2])
        await page.get_by_label("You are").select_option("bob")
        await page.set_input_files("#files", PICTURE)
        await page.fill("#text", "look at *this*")
        await page.keyboard.press("Enter")
        message = page.locator(".message", has_text="look at this")
        await expect(message.locator("img")).to_be_visible()
        await animate_this(page, message)
        third = page.locator(".message").nth(3)
        await expect(third).to_contain_text("a gull lands on the tower")
        await expect(third).to_contain_text("Done in")

        await page.set_viewport_size({"width": 360, "height": 640})
        assert await page.evaluate("document.documentElement.scrollWidth") == 360


async def animate(page: Page, prompt: str) -> None:
    """Use /animate with a picture from disk."""
    await page.click("#slash")
    await page.get_by_role("button", name="/animate").click()
    await page.get_by_label("image").set_input_files(PICTURE)
    await page.get_by_label("prompt needed", exact=True).fill(prompt)
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#command")).to_be_hidden()


async def animate_this(page: Page, message: Locator) -> None:
    """Use the message's menu and fill the modal in: wrongly, then right."""
    await message.hover()
    await message.locator("summary", has_text="Apps").click()
    await message.get_by_role("button", name="Animate this").click()
    modal = page.get_by_role("dialog")
    await modal.get_by_role("button", name="Submit").click()
    await expect(modal.get_by_role("alert")).to_contain_text("is required")
    await modal.get_by_label("What should happen in the video").fill("a gull lands on the tower")
    await modal.get_by_role("button", name="Submit").click()
    await expect(modal).to_have_count(0)


@needs_chromium
async def test_the_keyboard_alone_does_it_all(stage: Stage) -> None:
    """A slash finds the command; redraws leave the focus where it is; Escape goes back."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    async with opened(stage.discord.url) as page:
        # Listened for from here on: a chooser that opens while listening begins is never told.
        choosers: asyncio.Queue[Any] = asyncio.Queue()
        page.on("filechooser", choosers.put_nowait)
        keys = page.keyboard
        await keys.press("Tab")
        await expect(page.get_by_role("link", name="Skip to writing")).to_be_focused()
        await keys.press("Enter")
        await keys.type("/")
        await expect(page.get_by_label("Find a command")).to_be_focused()
        await keys.press("Escape")
        await expect(page.locator("#text")).to_be_focused()

        await keys.type("/anim")
        await keys.press("Enter")
        await expect(page.get_by_label("image")).to_be_focused()
        await keys.press("Space")
        async with asyncio.timeout(PATIENCE_S):
            chooser = await choosers.get()
        await chooser.set_files(PICTURE)
        await keys.press("Tab")
        await keys.type("the waves roll in")
        await keys.press("Control+Enter")
        await expect(page.locator("#text")).to_be_focused()

        card = page.locator(".message")
        await expect(card).to_contain_text(UNDER_WAY)
        react = card.locator("summary", has_text="React")
        for _ in range(30):
            if await react.evaluate("summary => summary === document.activeElement"):
                break
            await keys.press("Shift+Tab")
        await expect(react).to_be_focused()
        await stage.sent()
        await stage.complete()
        await expect(card).to_contain_text("Done in")
        await expect(react).to_be_focused()
        await keys.press("Enter")
        await keys.press("Tab")
        await keys.press("Tab")
        await keys.press("Enter")
        await expect(card.get_by_role("button", name="👍, 1, take yours back")).to_be_visible()
        await expect(page.locator("#announcer")).to_contain_text("Done")
        await page.get_by_label("You are").focus()
        await keys.type("Bob")
        await expect(card.get_by_role("button", name="👍, 1, add yours")).to_be_visible()

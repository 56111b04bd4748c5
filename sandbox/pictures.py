"""Take README's pictures of the page: `python -m sandbox.pictures [FOLDER]` (`make pictures`)."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.async_api import async_playwright, expect

from sandbox.demo.story import PROMPT
from sandbox.discord.control.client import ControlClient, file
from sandbox.sample.lighthouse import PICTURE
from sandbox.stack import LocalStack

if TYPE_CHECKING:
    from playwright.async_api import Page

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WINDOW: Any = {"width": 1120, "height": 1150}
PACE = {"queue_s": 1, "render_s": 1}
PATIENCE_MS = 60_000
# Until a moment at which the video has visibly moved on from the picture.
PLAY = """async video => {
    const moved = new Promise(done => video.addEventListener("timeupdate", () => {
        if (video.currentTime > 2) done();
    }));
    video.muted = true;
    await video.play();
    await moved;
    video.pause();
}"""


async def main(folder: Path) -> None:
    """Have a conversation, look at it in Chromium, and keep two pictures of it."""
    with tempfile.TemporaryDirectory(prefix="hailuo-pictures-") as name:
        async with (
            LocalStack(Path(name), runcomfy_settings=PACE) as stack,
            ControlClient(stack.discord.url) as members,
            async_playwright() as playwright,
        ):
            # Chromium's own sandbox cannot start as root, which is what containers are.
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=arguments
            )
            page = await browser.new_page(viewport=WINDOW, reduced_motion="reduce")
            await page.goto(f"{stack.discord.url}/#as=bob&in=text")
            await _converse(members, page)
            _keep(await page.screenshot(), folder / "page.png")
            _keep(await page.locator(".container").screenshot(), folder / "card.png")
            await browser.close()


async def _converse(members: ControlClient, page: Page) -> None:
    await members.say("bob", "Could the lighthouse from yesterday **move**?")
    options, files = {"prompt": PROMPT}, {"image": file(PICTURE.name, PICTURE.read_bytes())}
    await members.command("alice", "animate", options=options, files=files)
    card = page.locator(".container")
    await expect(card).to_contain_text("Done in", timeout=PATIENCE_MS)
    await card.locator("video").evaluate(PLAY)
    (message,) = [item for item in await members.messages("bob") if item["author"]["bot"]]
    await members.react("bob", message["id"], "🎉")
    await members.say("bob", "It does. Thank you!", reply_to=message["id"])
    await expect(page.locator(".message", has_text="Thank you!")).to_be_visible()


def _keep(shot: bytes, path: Path) -> None:
    """Save a screenshot in as few bytes as it takes without loss."""
    with Image.open(io.BytesIO(shot)) as picture:
        picture.convert("RGB").save(path, optimize=True)
    sys.stdout.write(f"{path}: {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))

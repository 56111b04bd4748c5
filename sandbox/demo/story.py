"""The demo from start to end."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sandbox.bot_process import BotEndedError
from sandbox.demo import card
from sandbox.demo.feed import Message, versions
from sandbox.demo.film import Film
from sandbox.discord.control.client import ControlClient, RefusedError, file
from sandbox.sample.lighthouse import PICTURE
from sandbox.signals import EXIT_INTERRUPTED, until_signal
from sandbox.stack import LocalStack

PROMPT = "The beam sweeps over the sea while waves roll against the rock"
OUT = Path("demo-output")
# Long enough for every stage to be seen, short enough for nobody to leave.
PACE = {"queue_s": 7, "render_s": 9}
TIME_LIMIT_S = 55.0

EXIT_OK = 0
EXIT_FAILED = 1


def main(image: str, prompt: str, out: str) -> int:
    """Animate a picture (empty: the sample) and save the video; return the exit code."""
    demo = Demo(Path(image) if image else PICTURE, prompt or PROMPT, Path(out) if out else OUT)
    return asyncio.run(until_signal(demo.run(), interrupted=EXIT_INTERRUPTED))


class Demo:
    """One run: start everything, act as alice, tell what happens."""

    def __init__(
        self, image: Path, prompt: str, out: Path, *, pace: dict[str, Any] | None = None
    ) -> None:
        self._pace = pace or PACE
        self._image = image
        self._prompt = prompt
        self._out = out

    async def run(self) -> int:
        """Return 0 when the video is saved, 1 with the reason otherwise."""
        if not self._image.is_file():
            return _fail(f"there is no picture at {self._image}")
        log = self._out.resolve() / "bot.log"
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            log.touch()
        except OSError as error:
            return _fail(f"nothing can be saved in {self._out} ({error}): choose another OUT")
        with tempfile.TemporaryDirectory(prefix="hailuo-demo-") as folder:
            try:
                print("Starting the stand-ins and the bot …", flush=True)
                async with LocalStack(Path(folder), runcomfy_settings=self._pace, log=log) as stack:
                    return await self._animate(stack)
            except BotEndedError as error:
                return _fail(str(error))

    async def _animate(self, stack: LocalStack) -> int:
        async with ControlClient(stack.discord.url) as control:
            members = (await control.get("/world"))["members"]
            names = {number: name for name, number in members.items()}
            print(f"alice: /animate image:{self._image.name} prompt:{self._prompt}\n", flush=True)
            try:
                async with asyncio.timeout(TIME_LIMIT_S):
                    await self._use_command(control)
                    last = await stack.bot.while_running(_watch(control, names))
            except RefusedError as error:
                return _fail(str(error))
            except TimeoutError:
                return _fail(f"no video after {TIME_LIMIT_S:g} s\n{await stack.bot.last_lines()}")
        url = card.video_url(last)
        if url is None:
            return _fail(" ".join(card.lines(last, names)))
        print(f"Saved {await Film.download(url, self._out)}")
        return EXIT_OK

    async def _use_command(self, control: ControlClient) -> None:
        data = await asyncio.to_thread(self._image.read_bytes)
        files = {"image": file(self._image.name, data)}
        await control.command("alice", "animate", options={"prompt": self._prompt}, files=files)


async def _watch(control: ControlClient, names: dict[str, str]) -> Message:
    """Print each change; return the message that ends the story: the video, or a refusal."""
    started, shown = time.monotonic(), {}
    async for message in versions(control, "alice"):
        text = card.lines(message, names)
        if shown.get(message["id"]) != text:
            shown[message["id"]] = text
            _print_block(time.monotonic() - started, text, private=card.is_private(message))
        if card.video_url(message) or (card.is_private(message) and not card.is_loading(message)):
            return message
    raise AssertionError("unreachable: watching ends only by the time limit")


def _print_block(seconds: float, text: list[str], *, private: bool) -> None:
    margin = f"{seconds:5.1f} s "
    if private:
        text = ["(only alice sees this)", *text]
    for line in text:
        print(f"{margin}│ {line}", flush=True)
        margin = " " * len(margin)
    print(flush=True)


def _fail(reason: str) -> int:
    print(f"No video: {reason}", file=sys.stderr)
    return EXIT_FAILED

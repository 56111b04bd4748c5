"""Measure what a 100 MB video costs the bot's memory on its way from the API to Discord.

Ours is the real bot between the stand-ins: its resident memory before the job against the most
during it, children not counted. Beside it the naive way in a process of its own: read the whole
answer, send the whole body.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
from aiohttp import web

from sandbox.discord.control.client import ControlClient, file
from sandbox.sample.lighthouse import PICTURE as SAMPLE
from sandbox.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MB: Final = 1_000_000
VIDEO_BYTES: Final = 100 * MB
UPLOAD_LIMIT: Final = 200 * 1024 * 1024
BETWEEN_READINGS_S: Final = 0.02
WITHIN_S: Final = 240.0


class Memory:
    """Watches a process's resident memory from a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self.peak = self._read()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def growth_mb(self) -> float:
        """How much more there was at the most than before, in MB."""
        return (self.peak - self.before) / MB

    def _watch(self) -> None:
        while not self._over.wait(BETWEEN_READINGS_S):
            self.peak = max(self.peak, self._read())

    def _read(self) -> int:
        for line in self._status.read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no resident memory is told")


def main() -> dict[str, object]:
    """Relay the video both ways, print a table, and return the figures."""
    ways = {"ours": asyncio.run(relay_ours()), "read-all": apart(relay_naively)}
    print(f"{VIDEO_BYTES // MB} MB from the API to Discord")
    print(f"{'':10}{'growth MB':>12}{'seconds':>10}")
    for way, (growth, seconds) in ways.items():
        print(f"{way:10}{growth:12.1f}{seconds:10.1f}")
    return {
        "video_mb": VIDEO_BYTES // MB,
        "ways": {
            way: {"rss_growth_mb": growth, "seconds": seconds}
            for way, (growth, seconds) in ways.items()
        },
    }


async def relay_ours() -> tuple[float, float]:
    """Have a member animate a picture whose video is large; return growth and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"queue_s": 0.1, "render_s": 0.1}
        async with (
            LocalStack(Path(folder), runcomfy_settings=settings) as stack,
            ControlClient(stack.discord.url) as control,
        ):
            await control.post("/settings", attachment_limit=UPLOAD_LIMIT)
            await _animate(control)  # the first job of a process warms it up
            stack.runcomfy.configure(video_bytes=VIDEO_BYTES)
            began = time.perf_counter()
            with Memory(stack.bot.pid) as memory:
                await _animate(control)
            return memory.growth_mb, time.perf_counter() - began


async def _animate(control: ControlClient) -> None:
    interaction = await control.command(
        "alice",
        "animate",
        options={"prompt": "a large video"},
        files={"image": file("picture.jpg", SAMPLE.read_bytes())},
    )

    async def card() -> Any:
        ids = (await control.get(f"/interactions/{interaction}"))["messages"]
        return [m for m in await control.messages("alice") if m["id"] in ids]

    def done(cards: object) -> bool:
        return "✅" in json.dumps(cards, ensure_ascii=False)

    await control.watch(card, until=done, timeout_s=WITHIN_S)


def relay_naively(url: str) -> tuple[float, float]:
    """Read a file of that size over HTTP and post it on, each as one piece."""
    return asyncio.run(_relay_naively(url))


async def _relay_naively(url: str) -> tuple[float, float]:
    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        with Memory(os.getpid()) as memory:
            async with session.get(f"{url}/video") as response:
                video = await response.read()
            form = aiohttp.FormData()
            form.add_field("files[0]", video, filename="video.mp4")
            async with session.post(f"{url}/upload", data=form) as response:
                response.raise_for_status()
        return memory.growth_mb, time.perf_counter() - began


@contextmanager
def both_ends() -> Generator[str]:
    """Serve, from a thread, a video to read and a place to post it to."""
    ready, stop = threading.Event(), threading.Event()
    urls: list[str] = []

    async def serve() -> None:
        app = web.Application(client_max_size=2 * VIDEO_BYTES)
        app.add_routes([web.get("/video", _give), web.post("/upload", _take)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        stop.set()
        thread.join()


async def _give(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(VIDEO_BYTES)})
    await response.prepare(request)
    piece = bytes(MB)
    for _ in range(VIDEO_BYTES // MB):
        await response.write(piece)
    return response


async def _take(request: web.Request) -> web.Response:
    async for _ in request.content.iter_chunked(MB):
        continue
    return web.Response()


def apart(function: Callable[[str], tuple[float, float]]) -> tuple[float, float]:
    """Run a function in a fresh process, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    with both_ends() as url, ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, url).result()

"""Render videos off the event loop, each picture once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .video import render_video

if TYPE_CHECKING:
    from .pictures import Picture
    from .settings import Settings


class Studio:
    """Keep the rendered files in a temporary folder while the stand-in runs."""

    async def __aenter__(self) -> Self:
        self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="runcomfy-sandbox-"))
        self._renderer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio")
        self._videos: dict[str, asyncio.Future[None]] = {}
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._renderer.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(shutil.rmtree, self._folder)

    async def video(self, picture: Picture, settings: Settings) -> Path:
        """Return the MP4 made from this picture, rendered now if it is the first time."""
        min_bytes = settings.video_bytes or 0
        name = f"{picture.digest}-{settings.video_s:g}s-{min_bytes}.mp4"
        target = self._folder / name
        if name not in self._videos:
            self._videos[name] = asyncio.get_running_loop().run_in_executor(
                self._renderer,
                lambda: render_video(
                    picture.data, target, seconds=settings.video_s, min_bytes=min_bytes
                ),
            )
        # A visitor who leaves must not stop the rendering that others wait for.
        await asyncio.shield(self._videos[name])
        return target

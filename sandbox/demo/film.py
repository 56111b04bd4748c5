"""What is to be said about a finished video file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import aiohttp
import av

if TYPE_CHECKING:
    from pathlib import Path

KIB = 1024
TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Film:
    """A video on disk, decoded to its end."""

    path: Path
    size_bytes: int
    seconds: float
    width: int
    height: int
    frames: int
    codec: str

    @classmethod
    def open(cls, path: Path) -> Self:
        """Decode every frame; PyAV's error tells that it is no playable video."""
        with av.open(str(path), "r") as container:
            stream = container.streams.video[0]
            frames = sum(1 for _ in container.decode(stream))
            rate = stream.average_rate or 1
            return cls(
                path=path,
                size_bytes=path.stat().st_size,
                seconds=float(frames / rate),
                width=stream.width,
                height=stream.height,
                frames=frames,
                codec=stream.codec.canonical_name,
            )

    @classmethod
    async def download(cls, url: str, folder: Path) -> Self:
        """Save a video under its own name and look at it."""
        target = folder / PurePosixPath(urlsplit(url).path).name
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(url) as response:
            response.raise_for_status()
            data = await response.read()
        await asyncio.to_thread(target.write_bytes, data)
        return await asyncio.to_thread(cls.open, target)

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.size_bytes / KIB:,.0f} KiB, {self.seconds:.1f} s, "
            f"{self.width}×{self.height}, {self.codec}, {self.frames} frames"
        )

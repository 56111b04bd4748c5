"""What is to be said about a finished video file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import av

if TYPE_CHECKING:
    from pathlib import Path

KIB = 1024


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

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.size_bytes / KIB:,.0f} KiB, {self.seconds:.1f} s, "
            f"{self.width}×{self.height}, {self.codec}, {self.frames} frames"
        )

"""What is known of a video file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """A video whose container is whole and whose first frame has been decoded."""

    width: int
    height: int
    duration: timedelta
    codec: str
    fps: float
    bytes: int
    has_audio: bool

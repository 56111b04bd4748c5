"""How to re-encode a video so that it fits: plain arithmetic, no video touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from hailuo.videos.video import VideoInfo

MAX_FPS: Final = 30
LEAST_BITS_PER_PIXEL: Final = 0.035
"""Under this, H.264 looks better at a smaller width; above it, at the full one."""
_LONG_SIDES: Final = (1920, 1600, 1280, 1024, 854, 640, 480, 320)
_MARGIN: Final = 0.95
"""Share of the size that is planned for: the container and the rate control need the rest."""
_AUDIO_BITS: Final = 96_000
_LEAST_AUDIO_BITS: Final = 32_000
_AUDIO_SHARE: Final = 0.15
_CORRECTION: Final = 0.93
"""How far under the size a second try aims, once the first has shown how far off it was."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the encoder is asked for; rates are in bits a second, ``audio_rate`` 0 is silence."""

    width: int
    height: int
    fps: float
    video_rate: int
    audio_rate: int

    def corrected(self, came_out: int, max_bytes: int) -> Self:
        """Return the encoding for the next try, when this one came out at too many bytes."""
        return replace(self, video_rate=int(self.video_rate * max_bytes / came_out * _CORRECTION))


def plan(video: VideoInfo, max_bytes: int) -> Encoding | None:
    """Return the encoding that keeps the most width; None where no width is worth watching.

    Width goes before bitrate: the picture is made smaller only when its pixels would get too
    few bits, and then to the largest side at which they get enough.
    """
    # No more than the video has now: a larger file would look no better.
    rate = min(max_bytes * _MARGIN, video.bytes) * 8 / video.duration.total_seconds()
    audio_rate = _audio_rate(rate) if video.has_audio else 0
    video_rate = int(rate) - audio_rate
    fps = min(video.fps, MAX_FPS)
    for width, height in _sizes(video.width, video.height):
        if video_rate >= LEAST_BITS_PER_PIXEL * width * height * fps:
            return Encoding(width, height, fps, video_rate, audio_rate)
    return None


def _audio_rate(rate: float) -> int:
    """Return what sound may take of the whole: good, thin, or nothing at all."""
    audio_rate = min(_AUDIO_BITS, int(rate * _AUDIO_SHARE))
    return audio_rate if audio_rate >= _LEAST_AUDIO_BITS else 0


def _sizes(width: int, height: int) -> list[tuple[int, int]]:
    """Return the sizes to try, widest first and none over 1080p; H.264 wants even sides."""
    long = max(width, height)
    widest = min(long, _LONG_SIDES[0])
    sides = [widest, *(side for side in _LONG_SIDES if side < widest)]
    return [(_even(width * side / long), _even(height * side / long)) for side in sides]


def _even(side: float) -> int:
    return max(2, round(side / 2) * 2)

"""Real videos, made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

FIRST = (200, 30, 30)
LAST = (30, 30, 200)
SIZE = (320, 180)


def clip(
    path: Path,
    *,
    size: tuple[int, int] = SIZE,
    frames: int = 50,
    fps: int = 25,
    codec: str = "libx264",
    sound: bool = False,
    noise: bool = False,
    movflags: str = "",
) -> Path:
    """Write a clip that begins with red and ends with blue; noise makes it heavy."""
    grain = Image.effect_noise((size[0] + 64, size[1]), 80).convert("RGB")
    options = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", options=options) as output:
        quality = {"crf": "12", "preset": "ultrafast"} if codec == "libx264" else {}
        video = output.add_stream(codec, rate=fps, options=quality)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = output.add_stream("aac", rate=48_000) if sound else None
        for index in range(frames):
            if index in {0, frames - 1} or not noise:
                picture = Image.new("RGB", size, LAST if index == frames - 1 else FIRST)
            else:
                picture = grain.crop((index % 64, 0, index % 64 + size[0], size[1]))
            output.mux(video.encode(av.VideoFrame.from_image(picture)))
        output.mux(video.encode(None))
        for start in range(0, frames * 48_000 // fps if audio else 0, 1024):
            silence = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            silence.sample_rate, silence.pts = 48_000, start
            assert audio is not None
            output.mux(audio.encode(silence))
        if audio is not None:
            output.mux(audio.encode(None))
    return path


def play(path: Path) -> list[av.VideoFrame]:
    """Return every frame, decoded."""
    with av.open(str(path)) as container:
        return list(container.decode(video=0))

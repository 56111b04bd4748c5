"""Render a picture into a short H.264 video: a slow push-in and pan, frame 0 the whole picture."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, cast

import av
import av.container
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.video.stream import VideoStream

FPS = 25
LONG_SIDE_PX = 768
ZOOM = 1.25  # at the end of the clip
DRIFT = (0.6, -0.4)  # where the window goes, as parts of the room that the zoom leaves
GRAIN = 0.4  # share of noise in a frame that must be large
GRAIN_FRAMES = 4


def render_video(picture: bytes, target: Path, *, seconds: float, min_bytes: int = 0) -> None:
    """Write an MP4 (yuv420p, faststart) of about this length, at least `min_bytes` large.

    Blocks for about a second; the work is in C code that lets other threads run.
    """
    with Image.open(BytesIO(picture)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    size = _frame_size(image)
    frame_count = max(2, round(seconds * FPS), math.ceil(min_bytes / _noisy_frame_bytes(size)))
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = _add_stream(container, size, frame_count, min_bytes)
        frames = _frames(image, size, frame_count)
        if min_bytes:
            frames = _with_grain(frames, size)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))
    _pad(target, min_bytes)


def _frame_size(image: Image.Image) -> tuple[int, int]:
    """Fit the picture under the long side; H.264 in yuv420p wants even numbers."""
    scale = min(1.0, LONG_SIDE_PX / max(image.size))
    width, height = (max(2, round(side * scale / 2) * 2) for side in image.size)
    return width, height


def _add_stream(
    container: av.container.OutputContainer, size: tuple[int, int], frame_count: int, min_bytes: int
) -> VideoStream:
    options = {"preset": "ultrafast"} if min_bytes else {"preset": "veryfast", "crf": "23"}
    stream = cast("VideoStream", container.add_stream("libx264", rate=FPS, options=options))
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, FPS)
    if min_bytes:
        stream.bit_rate = math.ceil(min_bytes * 8 * FPS / frame_count * 1.05)
    return stream


def _frames(image: Image.Image, size: tuple[int, int], count: int) -> Iterator[Image.Image]:
    """Yield the film: a window that eases from the whole picture to its goal."""
    # A large picture is shrunk once, so that each frame is cut from little more than it shows.
    image.thumbnail((int(size[0] * ZOOM), int(size[1] * ZOOM)), Image.Resampling.LANCZOS)
    width, height = image.size
    for index in range(count):
        part = index / (count - 1)
        zoom = 1 + (ZOOM - 1) * part * part * (3 - 2 * part)
        room_x, room_y = width * (1 - 1 / zoom) / 2, height * (1 - 1 / zoom) / 2
        left, top = room_x * (1 + DRIFT[0]), room_y * (1 + DRIFT[1])
        window = (left, top, left + width / zoom, top + height / zoom)
        yield image.resize(size, Image.Resampling.BICUBIC, box=window)


def _with_grain(frames: Iterator[Image.Image], size: tuple[int, int]) -> Iterator[Image.Image]:
    """Make every frame but the first expensive to encode."""
    yield next(frames)
    grain = [Image.effect_noise(size, 120).convert("RGB") for _ in range(GRAIN_FRAMES)]
    for index, frame in enumerate(frames):
        yield Image.blend(frame, grain[index % GRAIN_FRAMES], GRAIN)


def _noisy_frame_bytes(size: tuple[int, int]) -> float:
    """Return what one frame of noise can hold at most, a little under its raw size."""
    return size[0] * size[1] * 1.5 * 0.8


def _pad(target: Path, min_bytes: int) -> None:
    """Fill up what the encoder's rate control left open with an MP4 `free` box."""
    missing = min_bytes - target.stat().st_size
    if missing > 0:
        payload = max(0, missing - 8)
        with target.open("ab") as file:
            file.write(struct.pack(">I4s", payload + 8, b"free") + bytes(payload))

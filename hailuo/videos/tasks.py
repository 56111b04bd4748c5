"""What a video child can do: the far end of `hailuo.videos.doctor`."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from hailuo.children.files import write_whole
from hailuo.videos import fitting, reading

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL import Image

_POSTER_SIDE: Final = 1280


def probe(source: str) -> dict[str, object]:
    """Tell what the video is, after its packets were read and its first frame decoded."""
    info = reading.measure(Path(source))
    return {**dataclasses.asdict(info), "duration": info.duration.total_seconds()}


def poster(source: str, target: str) -> dict[str, object]:
    """Write the first frame as a JPEG."""
    return _write_jpeg(reading.first_frame(Path(source)), Path(target))


def last_frame(source: str, target: str) -> dict[str, object]:
    """Write the last frame as a JPEG."""
    return _write_jpeg(reading.last_frame(Path(source)), Path(target))


def fit(source: str, target: str, max_bytes: int) -> dict[str, object]:
    """Write the video anew under a size, and tell what it has become."""
    fitting.fit(Path(source), Path(target), max_bytes)
    return probe(target)


def _write_jpeg(frame: VideoFrame, target: Path) -> dict[str, object]:
    picture = cast("Image.Image", frame.to_image())  # pyright: ignore[reportUnknownMemberType]
    picture.thumbnail((_POSTER_SIDE, _POSTER_SIDE))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    write_whole(target, buffer.getvalue())
    return {"width": picture.width, "height": picture.height, "bytes": buffer.tell()}


TASKS: Final = {"probe": probe, "poster": poster, "last_frame": last_frame, "fit": fit}

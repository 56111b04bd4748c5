"""The renderer, with pictures of every allowed shape."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image

from sandbox.runcomfy.video import render_video

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("picture_size", "frame_size"),
    [
        ((301, 301), (300, 300)),
        ((301, 752), (300, 752)),
        ((4000, 1601), (768, 308)),
        ((1023, 767), (768, 576)),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK"])
def test_any_picture_makes_even_frames(
    tmp_path: Path, picture_size: tuple[int, int], frame_size: tuple[int, int], mode: str
) -> None:
    file = BytesIO()
    Image.new(mode, picture_size).save(file, "TIFF")

    render_video(file.getvalue(), tmp_path / "video.mp4", seconds=0.2)

    with av.open(str(tmp_path / "video.mp4"), "r") as container:
        sizes = {(frame.width, frame.height) for frame in container.decode(video=0)}
    assert sizes == {frame_size}


def test_a_turned_picture_is_shown_upright(tmp_path: Path) -> None:
    file = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    Image.new("RGB", (640, 320)).save(file, "JPEG", exif=exif)

    render_video(file.getvalue(), tmp_path / "video.mp4", seconds=0.2)

    with av.open(str(tmp_path / "video.mp4"), "r") as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (320, 640)

"""Encode a clean picture and put it on disk whole or not at all. Runs in a child process only."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from hailuo.children.files import write_whole
from hailuo.images.formats import PictureFormat

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

MAX_PNG_BYTES: Final = 4_000_000
"""Beyond this a PNG is a photo in disguise, and JPEG serves it better."""
MAX_JPEG_BYTES: Final = 8_000_000
"""Under the smallest upload limit Discord has ever had, with a margin."""
_QUALITIES: Final = (95, 90, 80, 60)


def write(picture: Image.Image, target: Path, *, lossless: bool) -> tuple[PictureFormat, int]:
    """Write an RGB picture to ``target`` and return its format and size in bytes.

    ``lossless`` asks for a PNG, which drawings and screenshots need; a large one becomes a JPEG.
    """
    picture_format, data = _encode(picture, lossless=lossless)
    write_whole(target, data)
    return picture_format, len(data)


def _encode(picture: Image.Image, *, lossless: bool) -> tuple[PictureFormat, bytes]:
    if lossless:
        data = _save(picture, "PNG")
        if len(data) <= MAX_PNG_BYTES:
            return PictureFormat.PNG, data
    data = b""
    for quality in _QUALITIES:
        data = _save(picture, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2)  # noqa: PLR2004
        if len(data) <= MAX_JPEG_BYTES:
            break
    return PictureFormat.JPEG, data


def _save(picture: Image.Image, name: str, **options: int) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()

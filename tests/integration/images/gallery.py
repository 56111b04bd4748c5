"""Sound pictures, made here: the same scene in every format that is read."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pillow_heif
from PIL import Image, ImageCms, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

pillow_heif.register_heif_opener()

RED = (220, 30, 40)
GREEN = (20, 160, 60)
BLUE = (30, 60, 200)
YELLOW = (240, 210, 30)
CORNERS = (RED, GREEN, BLUE, YELLOW)
SIZE = (640, 400)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "BMP")
OUR_NAMES = {"WEBP": "WebP", "HEIF": "HEIC"}


def scene(size: tuple[int, int] = SIZE) -> Image.Image:
    """Four colours, one in each corner: any turn or flip shows."""
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    for index, colour in enumerate(CORNERS):
        left, top = (index % 2) * width // 2, (index // 2) * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    return picture


def encoded(picture: Image.Image, name: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


def saved(path: Path, picture: Image.Image, name: str, **options: object) -> Path:
    path.write_bytes(encoded(picture, name, **options))
    return path


def corner_colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours in the middle of each quarter, row by row."""
    width, height = picture.size
    points = [(x, y) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return [colour_at(picture, point) for point in points]


def colour_at(picture: Image.Image, point: tuple[int, int]) -> tuple[int, ...]:
    colour = picture.getpixel(point)
    assert isinstance(colour, tuple)
    return colour


def close(one: tuple[int, ...], other: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def assert_is_scene(picture: Image.Image, tolerance: int = 12) -> None:
    colours = corner_colours(picture)
    for found, expected in zip(colours, CORNERS, strict=True):
        assert close(found, expected, tolerance), (colours, CORNERS)


def swapped_profile() -> bytes:
    """Return an ICC profile whose red is blue: whoever applies it swaps the two."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1)
    return swapped.replace(b"?XYZ", b"bXYZ", 1)

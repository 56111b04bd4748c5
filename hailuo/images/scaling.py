"""Scale a large picture without ever copying it whole. Runs in a child process only."""

# Pillow's types are unknown in part where its optional numpy is absent.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hailuo.images.picture import Size

_BAND_PIXELS: Final = 2_000_000
_SUPPORT: Final = 3
"""How far Lanczos looks to either side, in pixels of the smaller picture."""
_PLAIN_MODES: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})


def scale(picture: Image.Image, size: Size) -> Image.Image:
    """Return the picture at ``size``, in one of the modes L, LA, RGB, RGBA and CMYK.

    Palettes, transparency and deep greys are resolved, and the rest is scaled, in one band of
    rows after the other: on the whole picture, each step would need its memory once more.
    """
    scaled: Image.Image | None = None
    for top, band in _scaled_bands(picture, size):
        if scaled is None:
            scaled = Image.new(band.mode, (size.width, size.height))
        scaled.paste(band, (0, top))
    assert scaled is not None  # noqa: S101 - a size has at least one row
    return scaled


def _scaled_bands(picture: Image.Image, size: Size) -> Iterator[tuple[int, Image.Image]]:
    """Yield bands of the scaled picture, each with its first row."""
    ratio = picture.height / size.height
    margin = _SUPPORT * max(1.0, ratio)  # Lanczos reads on beyond its box, so no seam shows
    rows = max(1, int(_BAND_PIXELS / (picture.width * ratio)))
    for top in range(0, size.height, rows):
        bottom = min(top + rows, size.height)
        first = max(0, floor(top * ratio - margin))
        last = min(picture.height, ceil(bottom * ratio + margin))
        band = _plain(picture.crop((0, first, picture.width, last)))
        box = (0, top * ratio - first, picture.width, min(bottom * ratio, last) - first)
        yield top, band.resize((size.width, bottom - top), Image.Resampling.LANCZOS, box=box)


def _plain(band: Image.Image) -> Image.Image:
    """Return the band in a mode that averages well."""
    if band.mode.startswith("I"):
        # 16 bits of grey, where Pillow's own conversion would clip and not scale.
        return band.point(lambda value: value * (1 / 257)).convert("L")
    if band.has_transparency_data:
        return band.convert("RGBA")
    if band.mode in _PLAIN_MODES:
        return band
    return band.convert("L" if band.mode == "1" else "RGB")

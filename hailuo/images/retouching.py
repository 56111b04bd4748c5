"""Carry out a repair on an upright RGB picture. Runs in a child process only."""

# Pillow's types are unknown in part where its optional numpy is absent.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageFilter, ImageOps

from hailuo.images.picture import Size
from hailuo.images.repair import RepairKind

if TYPE_CHECKING:
    from hailuo.images.repair import Repair

_BLUR_SCALE: Final = 16
"""The padding is blurred at a sixteenth of its size, where blurring is quick."""
_DIMMED: Final = 0.8
_COLUMNS: Final = 256
"""How finely the detail along the long side is looked at."""


def wanted_size(repair: Repair) -> Size:
    """Return the size at which the whole picture is needed to carry out the repair.

    One side of the frame is the picture's own, and fits the result exactly; the other follows.
    """
    source, frame, result = repair.source, repair.frame, repair.result
    if frame == source:
        return result
    if frame.height == source.height:
        other = round(source.width * result.height / source.height)
        return Size(_bounded(other, result.width, repair.kind), result.height)
    other = round(source.height * result.width / source.width)
    return Size(result.width, _bounded(other, result.height, repair.kind))


def _bounded(side: int, frame_side: int, kind: RepairKind) -> int:
    """Keep rounding from letting a crop reach out of the picture, or a picture out of its pad."""
    return max(side, frame_side) if kind is RepairKind.CROP else max(1, min(side, frame_side))


def retouch(picture: Image.Image, repair: Repair) -> Image.Image:
    """Return the repaired picture; ``picture`` has the size that `wanted_size` asked for."""
    match repair.kind:
        case RepairKind.ENLARGE:
            return picture
        case RepairKind.CROP:
            return _crop(picture, repair.result)
        case RepairKind.PAD:
            return _pad(picture, repair.result)


def _crop(picture: Image.Image, size: Size) -> Image.Image:
    left = top = 0
    if picture.width > size.width:
        left = _most_detailed(picture, size.width)
    elif picture.height > size.height:
        top = _most_detailed(picture.transpose(Image.Transpose.TRANSPOSE), size.height)
    return picture.crop((left, top, left + size.width, top + size.height))


def _most_detailed(picture: Image.Image, width: int) -> int:
    """Return where the ``width`` columns with the most edges in them begin."""
    edges = ImageOps.grayscale(picture).filter(ImageFilter.FIND_EDGES)
    inside = edges.crop((1, 1, edges.width - 1, edges.height - 1))  # the filter skips the rim
    columns = min(_COLUMNS, inside.width)
    row = inside.resize((columns, 1), Image.Resampling.BOX)
    sums = list(accumulate(row.tobytes(), initial=0))
    window = max(1, columns * width // picture.width)
    starts = range(columns - window + 1)
    middle = (columns - window) / 2
    best = max(starts, key=lambda start: (sums[start + window] - sums[start], -abs(start - middle)))
    return min(best * picture.width // columns, picture.width - width)


def _pad(picture: Image.Image, size: Size) -> Image.Image:
    """Set the picture into the middle of a blurred and dimmed copy of itself."""
    small = (max(1, size.width // _BLUR_SCALE), max(1, size.height // _BLUR_SCALE))
    cover = ImageOps.fit(picture, small).filter(ImageFilter.GaussianBlur(2))
    dimmed = cover.point(lambda value: value * _DIMMED)
    padded = dimmed.resize((size.width, size.height), Image.Resampling.BICUBIC)
    left, top = (size.width - picture.width) // 2, (size.height - picture.height) // 2
    padded.paste(picture, (left, top))
    return padded

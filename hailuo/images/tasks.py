"""What a picture child can do: the far end of `hailuo.images.doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hailuo.images.picture import LONGEST_SIDE, Original
from hailuo.images.reading import read
from hailuo.images.writing import write


def inspect(source: str) -> dict[str, object]:
    """Decode the picture and tell what it is."""
    original, _ = read(Path(source), lambda size: size.within(_GLANCE))
    return _describe(original)


def clean(source: str, target: str) -> dict[str, object]:
    """Write the picture anew, with nothing of the file in it but its pixels."""
    original, picture = read(Path(source), lambda size: size.within(LONGEST_SIDE))
    picture_format, size = write(picture, Path(target), lossless=original.format.lossless)
    return {
        "width": picture.width,
        "height": picture.height,
        "format": picture_format.value,
        "bytes": size,
        "original": _describe(original),
    }


def _describe(original: Original) -> dict[str, object]:
    return {
        "width": original.size.width,
        "height": original.size.height,
        "format": original.format.value,
        "bytes": original.bytes,
        "animated": original.animated,
        "transparent": original.transparent,
    }


_GLANCE: Final = 256

TASKS: Final = {"inspect": inspect, "clean": clean}

"""What a picture child can do: the far end of `hailuo.images.doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from hailuo.images.picture import LONGEST_SIDE, Original, Size
from hailuo.images.reading import read
from hailuo.images.repair import Repair, RepairKind
from hailuo.images.retouching import retouch, wanted_size
from hailuo.images.writing import write

if TYPE_CHECKING:
    from PIL import Image

Pair: TypeAlias = "tuple[int, int]"


def inspect(source: str) -> dict[str, object]:
    """Decode the picture and tell what it is."""
    original, _ = read(Path(source), lambda size: size.within(_GLANCE))
    return _describe(original)


def clean(source: str, target: str) -> dict[str, object]:
    """Write the picture anew, with nothing of the file in it but its pixels."""
    original, picture = read(Path(source), lambda size: size.within(LONGEST_SIDE))
    return _write(picture, target, original)


def repair(
    source: str, target: str, kind: str, size: Pair, frame: Pair, result: Pair
) -> dict[str, object]:
    """Write the picture anew at a size that the model takes."""
    plan = Repair(RepairKind(kind), Size(*size), Size(*frame), Size(*result))
    wanted = wanted_size(plan)
    original, picture = read(Path(source), lambda _: wanted)
    if original.size != plan.source:
        raise ValueError(f"a plan for {plan.source} and a picture of {original.size}")
    return _write(retouch(picture, plan), target, original)


def _write(picture: Image.Image, target: str, original: Original) -> dict[str, object]:
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

TASKS: Final = {"inspect": inspect, "clean": clean, "repair": repair}

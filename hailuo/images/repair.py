"""One repair of a picture's size: what it does, and to which size it leads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hailuo.images.picture import Size


class RepairKind(StrEnum):
    """The ways to a size that the model takes."""

    ENLARGE = "enlarge"
    CROP = "crop"
    PAD = "pad"


@dataclass(frozen=True, slots=True)
class Repair:
    """Cut ``frame`` out of the picture, or set the picture into it; then scale to ``result``.

    All sizes are upright. ``frame`` is in pixels of the picture: smaller than it for a crop,
    larger for a pad, the same for what is only enlarged.
    """

    kind: RepairKind
    source: Size
    frame: Size
    result: Size

    @property
    def enlargement(self) -> float:
        """How many times longer each side of the picture gets; 1 where it does not grow."""
        return max(1.0, self.result.width / self.frame.width)

"""What is known of a picture: as it came, and as it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.images.formats import PictureFormat

LONGEST_SIDE: Final = 2048
"""Pictures leave with no side longer than this: the model renders about 720 lines."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size in pixels, of a picture that stands upright."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width * self.height

    @property
    def turned(self) -> Self:
        """The size after a quarter turn."""
        return type(self)(self.height, self.width)

    def within(self, longest: int) -> Self:
        """Return the size scaled down so that no side is longer than ``longest``.

        The short side is rounded up, so that the ratio moves towards the square: a picture that
        obeys the model's limits on the ratio obeys them afterwards too.
        """
        long = max(self.width, self.height)
        if long <= longest:
            return self
        return type(self)(
            -(-self.width * longest // long),
            -(-self.height * longest // long),
        )

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture as it came; ``size`` is the one its viewer sees, after the EXIF turn."""

    size: Size
    format: PictureFormat
    bytes: int
    animated: bool
    transparent: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean picture on disk: RGB, upright, sRGB, without metadata, in JPEG or PNG."""

    path: Path
    size: Size
    format: PictureFormat
    bytes: int
    original: Original

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.size.width

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.size.height

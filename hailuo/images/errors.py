"""The ways a picture is refused, each with the rule, what was found, and what to do."""

from __future__ import annotations

from typing import ClassVar

from hailuo.errors import HailuoError
from hailuo.wording import N_


class PictureRefusedError(HailuoError):
    """A picture that cannot be used. Nothing has been spent on it."""


class PictureUnsupportedError(PictureRefusedError):
    """A file that is no picture, or one of a kind that is not read here."""

    sentence: ClassVar[str] = N_(
        "This file is {found}, and I read pictures only. Nothing was counted; please send a "
        "JPEG, PNG, WebP, GIF, AVIF, HEIC or BMP."
    )


class PictureUnreadableError(PictureRefusedError):
    """A picture that its decoder could not make sense of, or did not survive."""

    sentence: ClassVar[str] = N_(
        "This picture is damaged and cannot be opened. Nothing was counted; please save it again "
        "as a JPEG or PNG and send that."
    )


class PictureTruncatedError(PictureUnreadableError):
    """A picture whose file ends too soon."""

    sentence: ClassVar[str] = N_(
        "This picture is cut off: the end of its file is missing. Nothing was counted; please "
        "upload it again."
    )


class PictureTooHeavyError(PictureRefusedError):
    """A file with too many bytes."""

    sentence: ClassVar[str] = N_(
        "This file has {found} MB, and a picture may have {limit} MB at most. Nothing was "
        "counted; please send a smaller copy."
    )


class PictureTooManyPixelsError(PictureRefusedError):
    """A picture with more pixels than its format may have here."""

    sentence: ClassVar[str] = N_(
        "This picture has {found} megapixels ({width} by {height}), and I read {format} up to "
        "{limit}. Nothing was counted; please send a smaller copy."
    )


class PictureTooCostlyError(PictureRefusedError):
    """A picture that would take too much time or memory to open, whatever its size says."""

    sentence: ClassVar[str] = N_(
        "This picture takes too long to open. Nothing was counted; please save a smaller copy as "
        "a JPEG or PNG and send that."
    )


REFUSALS = (
    PictureUnsupportedError,
    PictureUnreadableError,
    PictureTruncatedError,
    PictureTooHeavyError,
    PictureTooManyPixelsError,
    PictureTooCostlyError,
)

"""Bring any picture to sRGB without transparency. Runs in a child process only."""

# Pillow's types are unknown in part where its optional numpy is absent.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from io import BytesIO
from typing import Any, Final, cast

from PIL import Image, ImageCms, ImageStat

_MAX_PROFILE_BYTES: Final = 4_000_000
_SRGB: Final = cast("Any", ImageCms.createProfile("sRGB"))
_WHITE: Final = (255, 255, 255)
_CHARCOAL: Final = (24, 24, 27)
_MODE_OF_SPACE: Final = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def to_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB, converted by its ICC profile if that is sound."""
    if picture.mode in {"LA", "RGBA"}:
        opaque = to_srgb(picture.convert(picture.mode[:-1]), profile)
        opaque.putalpha(picture.getchannel("A"))
        return opaque
    if isinstance(profile, bytes) and 0 < len(profile) <= _MAX_PROFILE_BYTES:
        converted = _convert(picture, profile)
        if converted is not None:
            return converted
    return picture.convert("RGB")


def flatten(picture: Image.Image) -> Image.Image:
    """Return the picture without transparency, on white, or on charcoal if it is a light one."""
    if picture.mode != "RGBA":
        return picture
    alpha = picture.getchannel("A")
    background = Image.new("RGB", picture.size, _background(picture, alpha))
    background.paste(picture, mask=alpha)
    return background


def _convert(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert by the profile; return nothing where the profile does not fit or is damaged."""
    try:
        source: Any = ImageCms.ImageCmsProfile(BytesIO(profile))
        mode = _MODE_OF_SPACE[source.profile.xcolor_space]
        if "CMYK" in {mode, picture.mode} and mode != picture.mode:
            return None
        # A grey picture may carry the profile of the colours it was made from.
        return ImageCms.profileToProfile(picture.convert(mode), source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, LookupError, OSError, TypeError, ValueError):
        return None


def _background(picture: Image.Image, alpha: Image.Image) -> tuple[int, int, int]:
    """Choose the background on which what is visible stands out."""
    stat = ImageStat.Stat(picture.convert("L"), mask=alpha)
    light = stat.count[0] > 0 and stat.mean[0] > 200  # noqa: PLR2004 - of 255: light text, white logos
    return _CHARCOAL if light else _WHITE

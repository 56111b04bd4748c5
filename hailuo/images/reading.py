"""From a stranger's file to a plain RGB picture. Runs in a child process only.

The order matters: everything that can be refused is refused before pixels are decoded, and the
decoded picture is scaled down before any step that would copy it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from os import SEEK_END
from typing import IO, TYPE_CHECKING, Final, TypeAlias

import pillow_heif
from PIL import AvifImagePlugin, ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from hailuo.images import colours, scaling
from hailuo.images.errors import (
    PictureRefusedError,
    PictureTooCostlyError,
    PictureTooHeavyError,
    PictureTooManyPixelsError,
    PictureTruncatedError,
    PictureUnreadableError,
)
from hailuo.images.formats import (
    HEAD_BYTES,
    MAX_FILE_BYTES,
    MAX_PROGRESSIVE_MEGAPIXELS,
    PictureFormat,
    recognise,
)
from hailuo.images.picture import Original, Size

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL.ImageFile import ImageFile

Fit: TypeAlias = "Callable[[Size], Size]"
"""From the upright size of the whole picture to the size at which it is wanted."""

# Named classes and not `Image.open`: nothing but these decoders can be reached by any bytes.
# A JPEG class that is called directly takes the first picture of a multi-picture file.
_DECODERS: Final[dict[PictureFormat, type[ImageFile]]] = {
    PictureFormat.JPEG: JpegImageFile,
    PictureFormat.PNG: PngImageFile,
    PictureFormat.WEBP: WebPImageFile,
    PictureFormat.GIF: GifImageFile,
    PictureFormat.AVIF: AvifImagePlugin.AvifImageFile,
    PictureFormat.HEIF: pillow_heif.HeifImageFile,
    PictureFormat.BMP: BmpImageFile,
}
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS: Final = frozenset({5, 6, 7, 8})

# A thread's stack counts as memory, and the cores are the bot's too.
pillow_heif.options.DECODE_THREADS = 1
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.THUMBNAILS = False
# Pillow's own guard also covers what its decoders find inside a file; ours is tighter.
Image.MAX_IMAGE_PIXELS = 105_000_000
warnings.simplefilter("error", Image.DecompressionBombWarning)


def read(source: Path, fit: Fit) -> tuple[Original, Image.Image]:
    """Return what the file holds and its first picture: RGB, sRGB, upright, of the wanted size.

    Raise a `PictureRefusedError` whatever the file does to its decoder.
    """
    with source.open("rb") as file:
        return _read(file, fit)


def _read(file: IO[bytes], fit: Fit) -> tuple[Original, Image.Image]:
    try:
        head = _read_head(file)
        with _DECODERS[head.format](file) as decoder:
            return _decode(decoder, head, fit)
    except PictureRefusedError:
        raise
    except MemoryError as error:
        raise PictureTooCostlyError(f"out of memory: {error}") from error
    except Exception as error:
        # Decoders of damaged files raise nearly every exception there is.
        raise _refusal(error) from error


@dataclass(frozen=True, slots=True)
class _Head:
    """What the file says of itself before it is decoded."""

    format: PictureFormat
    file_bytes: int


def _read_head(file: IO[bytes]) -> _Head:
    size = file.seek(0, SEEK_END)
    if size > MAX_FILE_BYTES:
        raise PictureTooHeavyError(found=round(size / 1e6, 1), limit=MAX_FILE_BYTES // 10**6)
    file.seek(0)
    picture_format = recognise(file.read(HEAD_BYTES))
    file.seek(0)
    return _Head(picture_format, size)


def _decode(decoder: ImageFile, head: _Head, fit: Fit) -> tuple[Original, Image.Image]:
    stored = Size(*decoder.size)
    _check_pixels(decoder, head.format)
    if isinstance(decoder, JpegImageFile):
        # Decode at a half, a quarter or an eighth of the size, whichever is still enough.
        wanted = _oriented(fit(_oriented(stored, decoder)), decoder)
        decoder.draft(None, (wanted.width, wanted.height))
    animated = bool(getattr(decoder, "is_animated", False))
    decoder.load()

    # Only now is the turn of a PNG known, whose EXIF may follow its pixels.
    upright = _oriented(stored, decoder)
    wanted = fit(upright)
    picture = scaling.scale(decoder, _oriented(wanted, decoder))
    picture = colours.to_srgb(picture, decoder.info.get("icc_profile"))
    picture = colours.flatten(picture)
    if (turn := _exif_turn(decoder)) in _TURNS:
        picture = picture.transpose(_TURNS[turn])
    original = Original(
        size=upright,
        format=head.format,
        bytes=head.file_bytes,
        animated=animated,
        transparent=decoder.has_transparency_data,
    )
    return original, _without_metadata(picture)


def _check_pixels(decoder: ImageFile, picture_format: PictureFormat) -> None:
    width, height = decoder.size
    limit = picture_format.max_megapixels
    if decoder.info.get("progressive"):
        limit = min(limit, MAX_PROGRESSIVE_MEGAPIXELS)
    if width * height > limit * 1_000_000:
        raise PictureTooManyPixelsError(
            width=width,
            height=height,
            found=round(width * height / 1e6, 1),
            format=picture_format.value,
            limit=limit,
        )


def _oriented(size: Size, decoder: ImageFile) -> Size:
    """Return a size as stored for one as seen, and the other way round."""
    return size.turned if _exif_turn(decoder) in _QUARTER_TURNS else size


def _exif_turn(decoder: ImageFile) -> int:
    """Return how the camera was held, 1 to 8; EXIF that cannot be read says nothing."""
    try:
        turn: object = decoder.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - a good picture is not refused for its notes
        return 1
    return turn if isinstance(turn, int) else 1


def _without_metadata(picture: Image.Image) -> Image.Image:
    """Return the bare pixels: what a picture carries along, encoders may write out again."""
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    return bare


def _refusal(error: Exception) -> PictureRefusedError:
    evidence = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return PictureTooCostlyError(evidence)
    if "truncated" in evidence.lower():
        return PictureTruncatedError(evidence)
    return PictureUnreadableError(evidence)

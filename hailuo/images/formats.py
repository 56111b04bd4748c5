"""What a file is, told by its bytes; its name and declared type are anybody's word."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from hailuo.images.errors import PictureUnsupportedError
from hailuo.wording import N_

HEAD_BYTES: Final = 64
"""How much of a file's start `recognise` needs."""

MAX_FILE_BYTES: Final = 50_000_000
"""The API's own advice for pictures: https://docs.runcomfy.com, "File inputs"."""


class PictureFormat(StrEnum):
    """The formats that are read; two of them are written."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    GIF = "GIF"
    AVIF = "AVIF"
    HEIF = "HEIC"
    BMP = "BMP"

    @property
    def suffix(self) -> str:
        """The usual ending of a file name, with its dot."""
        return ".jpg" if self is PictureFormat.JPEG else f".{self.lower()}"

    @property
    def max_megapixels(self) -> int:
        """How many pixels a picture may have so that decoding it stays under 512 MiB."""
        return _MAX_MEGAPIXELS[self]

    @property
    def lossless(self) -> bool:
        """Tell whether pictures in this format are mostly drawings and screenshots."""
        return self in {PictureFormat.PNG, PictureFormat.GIF, PictureFormat.BMP}


# Measured with Pillow 13 and pillow-heif 1.8: bytes of memory per pixel at the peak are 4 for
# PNG, GIF and BMP, 8 for HEIC, 9 for AVIF, 16 for WebP. A JPEG is decoded at a fraction of its
# size, so that even the 200 megapixels of some phones fit.
_MAX_MEGAPIXELS: Final = {
    PictureFormat.JPEG: 210,
    PictureFormat.PNG: 64,
    PictureFormat.GIF: 64,
    PictureFormat.BMP: 64,
    PictureFormat.HEIF: 50,
    PictureFormat.AVIF: 36,
    PictureFormat.WEBP: 25,
}

MAX_PROGRESSIVE_MEGAPIXELS: Final = 100
"""For a progressive JPEG, whose decoder holds all of it at full size."""

_MAGIC: Final = (
    (b"\xff\xd8\xff", PictureFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (b"GIF87a", PictureFormat.GIF),
    (b"GIF89a", PictureFormat.GIF),
    (b"BM", PictureFormat.BMP),
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1"})

# Named so that the refusal can tell people what they sent.
_FOREIGN_MAGIC: Final = (
    (b"%PDF", N_("a PDF document")),
    (b"II*\x00", N_("a TIFF picture")),
    (b"MM\x00*", N_("a TIFF picture")),
    (b"8BPS", N_("a Photoshop file")),
    (b"\xff\x0a", N_("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cJXL ", N_("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cjP  ", N_("a JPEG 2000 picture")),
    (b"\x00\x00\x01\x00", N_("an icon")),
    (b"<svg", N_("an SVG drawing")),
    (b"<?xml", N_("an SVG drawing or other XML")),
    (b"<!DOC", N_("a web page")),
    (b"<html", N_("a web page")),
    (b"\x1aE\xdf\xa3", N_("a WebM or Matroska video")),
    (b"PK\x03\x04", N_("a ZIP archive or an office document")),
    (b"ID3", N_("a sound file")),
)


def recognise(head: bytes) -> PictureFormat:
    """Return the format of a file that starts with ``head``; raise `PictureUnsupportedError`."""
    for magic, picture_format in _MAGIC:
        if head.startswith(magic):
            return picture_format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureFormat.WEBP
    if head[4:8] == b"ftyp":
        return _recognise_box_file(head)
    for magic, name in _FOREIGN_MAGIC:
        if head.startswith(magic):
            raise PictureUnsupportedError(found=name)
    raise PictureUnsupportedError(found=N_("of an unknown kind") if head else N_("empty"))


def _recognise_box_file(head: bytes) -> PictureFormat:
    """Tell AVIF, HEIC and videos apart: all are ISO base media, and only their brands differ."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return PictureFormat.AVIF
    for brand in brands:
        if brand in _HEIF_BRANDS:
            return PictureFormat.HEIF
    raise PictureUnsupportedError(found=N_("a video"))

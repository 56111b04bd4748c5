"""Which files are videos, by their first bytes: decoders would take a picture for a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_HEAD: Final = 12
_EBML: Final = b"\x1a\x45\xdf\xa3"
_PICTURE_BRANDS: Final = frozenset({b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1"})


def container_of(source: Path) -> str | None:
    """Return what FFmpeg calls the file's container, MP4 or WebM; None for all that is no video."""
    with source.open("rb") as file:
        head = file.read(_HEAD)
    if head[4:8] == b"ftyp":
        return None if head[8:12] in _PICTURE_BRANDS else "mp4"
    return "matroska" if head.startswith(_EBML) else None

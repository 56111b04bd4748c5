"""What a file is, by its first bytes; and sizes that are scaled down."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.images.errors import PictureUnsupportedError
from hailuo.images.formats import HEAD_BYTES, PictureFormat, recognise
from hailuo.images.picture import Size
from hailuo.runcomfy.rules import broken_size_rules


def box(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", PictureFormat.JPEG),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", PictureFormat.PNG),
        (b"GIF87a", PictureFormat.GIF),
        (b"GIF89a", PictureFormat.GIF),
        (b"RIFF\x24\0\0\0WEBPVP8 ", PictureFormat.WEBP),
        (b"BM\x36\0\0\0", PictureFormat.BMP),
        (box(b"avif", b"mif1", b"miaf"), PictureFormat.AVIF),
        (box(b"avis", b"msf1"), PictureFormat.AVIF),
        (box(b"mif1", b"avif"), PictureFormat.AVIF),
        (box(b"heic", b"mif1"), PictureFormat.HEIF),
        (box(b"mif1", b"heic"), PictureFormat.HEIF),
        (box(b"heix"), PictureFormat.HEIF),
    ],
)
def test_formats_are_told_by_their_bytes(head: bytes, expected: PictureFormat) -> None:
    assert recognise(head) is expected


@pytest.mark.parametrize(
    "head", [box(b"isom", b"mp41"), box(b"qt  "), b"RIFF\0\0\0\0WAVE", b"\x89PNG\n", b"GIF88a"]
)
def test_near_misses_are_refused(head: bytes) -> None:
    with pytest.raises(PictureUnsupportedError):
        recognise(head)


@given(st.binary(max_size=HEAD_BYTES))
def test_any_bytes_are_recognised_or_refused(head: bytes) -> None:
    with suppress(PictureUnsupportedError):
        assert isinstance(recognise(head), PictureFormat)


def test_suffixes_are_the_usual_ones() -> None:
    assert [PictureFormat.JPEG.suffix, PictureFormat.PNG.suffix] == [".jpg", ".png"]


@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_scaling_down_keeps_what_the_rules_allow(width: int, height: int) -> None:
    size = Size(width, height)
    smaller = size.within(2048)
    assert max(smaller.width, smaller.height) == min(2048, max(width, height))
    assert min(smaller.width, smaller.height) >= 1
    if not broken_size_rules(width, height):
        assert not broken_size_rules(smaller.width, smaller.height)

"""What the doctor refuses, and what it says of it."""

from __future__ import annotations

import asyncio
import os
import re
import struct
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.children.errors import ChildStartError, PoolBusyError, TaskRaisedError
from hailuo.children.pool import ChildPool
from hailuo.images.doctor import PictureDoctor, picture_pool
from hailuo.images.errors import (
    REFUSALS,
    PictureRefusedError,
    PictureTooCostlyError,
    PictureTooHeavyError,
    PictureTooManyPixelsError,
    PictureTruncatedError,
    PictureUnreadableError,
    PictureUnsupportedError,
)
from tests.integration.images.gallery import FORMATS, encoded, saved, scene

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENTENCE = re.compile(r"[A-Z]([^.!?]|\.\d)+\. Nothing was counted; please [^.!?]+\.")


async def refusal(doctor: PictureDoctor, source: Path) -> PictureRefusedError:
    target = source.with_name("clean")
    with pytest.raises(PictureRefusedError) as caught:
        await doctor.clean(source, target)
    assert not target.exists()
    assert SENTENCE.fullmatch(caught.value.user_message), caught.value.user_message
    return caught.value


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "empty"),
        (b"just a text", "of an unknown kind"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"II*\0\x08\0\0\0", "a TIFF picture"),
        (b"8BPS\0\x01", "a Photoshop file"),
        (b"\xff\x0a\xfa\x1f", "a JPEG XL picture"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "a WebM or Matroska video"),
        (b"PK\x03\x04\x14\0", "a ZIP archive or an office document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "of an unknown kind"),
    ],
)
async def test_what_is_no_picture_is_named(
    doctor: PictureDoctor, tmp_path: Path, data: bytes, found: str
) -> None:
    source = tmp_path / "picture.png"
    source.write_bytes(data)
    error = await refusal(doctor, source)
    assert isinstance(error, PictureUnsupportedError)
    assert f"This file is {found}" in error.user_message


@pytest.mark.parametrize("name", FORMATS)
async def test_a_truncated_picture_is_refused(
    doctor: PictureDoctor, tmp_path: Path, name: str
) -> None:
    data = encoded(scene(), name)
    source = tmp_path / "picture"
    source.write_bytes(data[: len(data) // 2])
    error = await refusal(doctor, source)
    assert isinstance(error, PictureUnreadableError)
    if name in {"JPEG", "PNG", "GIF", "BMP"}:
        assert isinstance(error, PictureTruncatedError)


async def test_a_damaged_picture_is_refused(doctor: PictureDoctor, tmp_path: Path) -> None:
    data = bytearray(encoded(scene(), "PNG"))
    data[len(data) // 2 : len(data) // 2 + 20] = bytes(20)
    source = tmp_path / "picture"
    source.write_bytes(data)
    assert isinstance(await refusal(doctor, source), PictureUnreadableError)


async def test_too_many_bytes_are_refused_unread(doctor: PictureDoctor, tmp_path: Path) -> None:
    source = saved(tmp_path / "picture", scene(), "PNG")
    os.truncate(source, 50_000_001)
    error = await refusal(doctor, source)
    assert isinstance(error, PictureTooHeavyError)
    assert "50.0 MB" in error.user_message


async def test_too_many_pixels_are_refused_before_they_are_decoded(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    source = tmp_path / "picture"
    source.write_bytes(png_bomb(30_000, 30_000))
    assert source.stat().st_size < 200_000
    error = await refusal(doctor, source)
    assert isinstance(error, PictureTooManyPixelsError)
    assert "900.0 megapixels (30000 by 30000)" in error.user_message


async def test_what_does_not_fit_into_memory_is_refused(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    """A progressive JPEG is held whole by its decoder, however small it is wanted."""
    data = bytearray(encoded(scene().convert("CMYK"), "JPEG", progressive=True))
    frame = data.index(b"\xff\xc2")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 9_900, 9_900)
    source = tmp_path / "picture"
    source.write_bytes(data)
    error = await refusal(doctor, source)
    assert isinstance(error, PictureTooCostlyError | PictureUnreadableError)
    assert (await doctor.clean(saved(source, scene(), "PNG"), tmp_path / "clean")).width == 640


async def test_a_file_that_is_not_there_is_no_refusal(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    with pytest.raises(TaskRaisedError):
        await doctor.clean(tmp_path / "missing", tmp_path / "clean")


async def test_a_folder_that_is_not_there_is_no_refusal(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    with pytest.raises(TaskRaisedError):
        await doctor.clean(saved(tmp_path / "a", scene(), "PNG"), tmp_path / "missing" / "clean")


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("crash", PictureUnreadableError),
        ("leave", PictureUnreadableError),
        ("hang", PictureTooCostlyError),
        ("babble", PictureUnreadableError),
        ("lie", PictureUnreadableError),
        ("huge", PictureUnreadableError),
        ("empty", PictureUnreadableError),
    ],
)
async def test_whatever_a_picture_does_to_its_decoder_is_a_refusal(
    tmp_path: Path, behaviour: str, error: type[PictureRefusedError]
) -> None:
    async with ChildPool("tests.integration.images.broken_decoder", refusals=REFUSALS) as pool:
        doctor = PictureDoctor(pool, within=timedelta(seconds=0.5))
        source = tmp_path / behaviour
        source.touch()
        assert type(await refusal(doctor, source)) is error


async def test_when_too_many_wait_the_next_is_told_so(tmp_path: Path) -> None:
    source = saved(tmp_path / "a", scene(), "PNG")
    async with picture_pool(size=1, queue=1) as pool:
        doctor = PictureDoctor(pool)
        jobs = [
            asyncio.create_task(doctor.clean(source, tmp_path / str(index)), name=f"job {index}")
            for index in range(4)
        ]
        outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    busy = [outcome for outcome in outcomes if isinstance(outcome, PoolBusyError)]
    assert len(busy) == 2
    assert "try again" in busy[0].user_message


async def test_a_machine_that_cannot_start_children_is_no_refusal(tmp_path: Path) -> None:
    async with ChildPool("no_such_decoder", refusals=REFUSALS) as pool:
        with pytest.raises(ChildStartError):
            await PictureDoctor(pool).inspect(tmp_path)


def png_bomb(width: int, height: int) -> bytes:
    """Return a sound one-bit PNG of so many pixels, a few kB long."""
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )

"""Probing, posters and fitting of real videos, through real children."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from PIL import Image

from hailuo.children.errors import TaskRaisedError
from hailuo.videos.doctor import VideoDoctor, video_pool
from hailuo.videos.errors import (
    VideoRefusedError,
    VideoTooCostlyError,
    VideoUnfittableError,
    VideoUnreadableError,
)
from tests.integration.videos.clips import FIRST, LAST, SIZE, clip, play

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doctor() -> AsyncIterator[VideoDoctor]:
    async with video_pool() as pool:
        yield VideoDoctor(pool)


def assert_is_mostly(path: Path, colour: tuple[int, int, int]) -> None:
    with Image.open(path) as picture:
        assert picture.format == "JPEG"
        found = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(found, tuple)
    assert all(abs(a - b) < 25 for a, b in zip(found, colour, strict=True)), found


async def test_a_probe_tells_what_the_video_is(doctor: VideoDoctor, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    info = await doctor.probe(path)
    assert (info.width, info.height) == SIZE
    assert info.duration == timedelta(seconds=2)
    assert info.codec == "h264"
    assert info.fps == 25
    assert info.bytes == path.stat().st_size
    assert not info.has_audio


@pytest.mark.parametrize(
    "options",
    [
        {"sound": True},
        {"movflags": "+faststart"},
        {"movflags": "frag_keyframe+empty_moov"},
        {"codec": "mpeg4"},
        {"fps": 60},
    ],
)
async def test_videos_of_other_makes_are_read(
    doctor: VideoDoctor, tmp_path: Path, options: dict[str, Any]
) -> None:
    info = await doctor.probe(clip(tmp_path / "a.mp4", **options))
    assert info.duration.total_seconds() == pytest.approx(50 / info.fps, abs=0.05)
    assert info.has_audio is ("sound" in options)


async def test_webm_is_read_whatever_it_is_called(doctor: VideoDoctor, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.webm", codec="libvpx", frames=10).rename(tmp_path / "a.mp4")
    assert (await doctor.probe(path)).codec == "vp8"


async def test_a_video_cut_off_anywhere_is_refused(doctor: VideoDoctor, tmp_path: Path) -> None:
    """Even one that lacks a single byte, and opens with its index so that it begins to play."""
    data = clip(tmp_path / "a.mp4", movflags="+faststart", noise=True).read_bytes()
    cut = tmp_path / "cut.mp4"
    for missing in (1, 100, len(data) // 10, len(data) // 2, len(data) - 40):
        cut.write_bytes(data[:-missing])
        with pytest.raises(VideoUnreadableError):
            await doctor.probe(cut)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(1000),
        b"\x1aE\xdf\xa3" + bytes(1000),
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
    ],
    ids=["empty", "html", "playlist", "concat", "mp4 head", "webm head", "png"],
)
async def test_what_is_no_video_is_refused(
    doctor: VideoDoctor, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(VideoUnreadableError) as caught:
        await doctor.probe(path)
    assert "damaged" in caught.value.user_message


async def test_broken_videos_do_no_harm(doctor: VideoDoctor, tmp_path: Path) -> None:
    data = clip(tmp_path / "a.mp4", frames=10, noise=True).read_bytes()
    broken = tmp_path / "broken.mp4"
    for index in range(60):
        at = index * len(data) // 60
        broken.write_bytes(data[:at] + bytes([255, 0, 127, 128]) + data[at + 4 :])
        try:
            info = await doctor.probe(broken)
        except VideoRefusedError:
            continue
        assert info.bytes == len(data)


async def test_only_sound_is_no_video(doctor: VideoDoctor, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(clip(tmp_path / "b.mp4", sound=True).read_bytes().replace(b"vide", b"soun"))
    with pytest.raises(VideoUnreadableError):
        await doctor.probe(path)


@pytest.mark.parametrize("coding", [b"evc1", b"encv", b"zzzz"], ids=["new", "locked", "no name"])
async def test_a_video_that_nobody_here_can_decode_is_refused(
    doctor: VideoDoctor, tmp_path: Path, coding: bytes
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(clip(tmp_path / "b.mp4").read_bytes().replace(b"avc1", coding))
    with pytest.raises(VideoUnreadableError):
        await doctor.probe(path)
    with pytest.raises(VideoUnreadableError):
        await doctor.last_frame(path, tmp_path / "last.jpg")


async def test_a_video_with_too_many_pixels_is_refused(doctor: VideoDoctor, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=(4608, 2320), frames=1)
    with pytest.raises(VideoTooCostlyError):
        await doctor.probe(path)


async def test_a_missing_file_is_no_refusal(doctor: VideoDoctor, tmp_path: Path) -> None:
    with pytest.raises(TaskRaisedError):
        await doctor.probe(tmp_path / "missing.mp4")


@pytest.mark.parametrize("frames", [1, 20, 150])
async def test_poster_and_last_frame(doctor: VideoDoctor, tmp_path: Path, frames: int) -> None:
    path = clip(tmp_path / "a.mp4", frames=frames)
    await doctor.poster(path, tmp_path / "poster.jpg")
    assert_is_mostly(tmp_path / "poster.jpg", FIRST if frames > 1 else LAST)
    await doctor.last_frame(path, tmp_path / "last.jpg")
    assert_is_mostly(tmp_path / "last.jpg", LAST)


async def test_a_fitted_video_is_smaller_plays_and_keeps_its_length(
    doctor: VideoDoctor, tmp_path: Path
) -> None:
    path = clip(tmp_path / "a.mp4", size=(640, 360), noise=True, sound=True)
    limit = path.stat().st_size // 4
    target = tmp_path / "fitted.mp4"
    info = await doctor.fit(path, target, limit)
    assert target.stat().st_size == info.bytes <= limit
    assert info.duration.total_seconds() == pytest.approx(2, abs=0.1)
    assert info.has_audio
    frames = play(target)
    assert len(frames) == 50
    assert (frames[0].width, frames[0].height) == (info.width, info.height)
    assert not (tmp_path / "fitted.mp4.part").exists()
    await doctor.poster(target, tmp_path / "poster.jpg")
    assert_is_mostly(tmp_path / "poster.jpg", FIRST)


async def test_of_sixty_frames_a_second_thirty_are_kept(
    doctor: VideoDoctor, tmp_path: Path
) -> None:
    path = clip(tmp_path / "a.mp4", fps=60, frames=60, noise=True)
    info = await doctor.fit(path, tmp_path / "b.mp4", path.stat().st_size // 2)
    assert info.fps == pytest.approx(30, abs=1)
    assert info.duration.total_seconds() == pytest.approx(1, abs=0.05)


async def test_what_would_be_unwatchable_is_refused(doctor: VideoDoctor, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", noise=True)
    with pytest.raises(VideoUnfittableError):
        await doctor.fit(path, tmp_path / "b.mp4", 2000)
    assert not (tmp_path / "b.mp4").exists()


async def test_a_fit_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=(1280, 720), noise=True, frames=75)
    target, part = tmp_path / "b.mp4", tmp_path / "b.mp4.part"
    async with video_pool() as pool:
        doctor = VideoDoctor(pool)
        job = asyncio.create_task(doctor.fit(path, target, path.stat().st_size), name="fit")
        while not part.exists():
            await asyncio.sleep(0.01)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert (await doctor.probe(path)).width == 1280
    assert not target.exists()
    assert not part.exists()

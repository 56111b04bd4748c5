from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import av
import av.error
import pytest
from PIL import Image

from hailuo.errors import HailuoError
from hailuo.fetch import (
    AllowedHosts,
    Fetcher,
    FetchFailedError,
    FileGoneError,
    FileTooLargeError,
    UrlRefusedError,
)
from hailuo.runcomfy import Output
from hailuo.runcomfy.download import NoVideoError, download_video
from tests.clocks import HastyClock
from tests.scripted_http import Reply, Request, ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def make_video(container: str, codec: str) -> bytes:
    """Return a real video of six frames, 64 by 48."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(6):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (40 * shade, 9, 9)))
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return buffer.getvalue()


def make_picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, kind)
    return buffer.getvalue()


MP4 = make_video("mp4", "libx264")
FILES = {
    "/a.mp4": MP4,
    "/a.webm": make_video("webm", "libvpx"),
    "/a.png": make_picture("PNG"),
    "/a.avif": make_picture("AVIF"),
    "/cut.mp4": MP4[: len(MP4) // 2],
    "/head.mp4": MP4[:12],
    "/page.mp4": b"<html>Sign in</html>",
}


def serve(request: Request) -> Reply:
    """Serve the files; claim of each that it is a video."""
    content = FILES.get(request.target)
    if request.target == "/down":
        return reply(503, {})
    if content is None:
        return reply(404, {})
    return reply(200, content, headers={"Content-Type": "video/mp4"})


class UnreadableError(HailuoError):
    """The probe's word for a file that is no video."""


async def probe(path: Path) -> tuple[int, int]:
    """Open the container and decode one frame, as the product's probe does in its child."""

    def look() -> tuple[int, int]:
        try:
            with av.open(str(path)) as container:
                frame = next(container.decode(video=0))
                return frame.width, frame.height
        except (av.error.FFmpegError, StopIteration, IndexError) as error:
            raise UnreadableError(str(error)) from error

    return await asyncio.to_thread(look)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer([serve]) as running:
        yield running


@pytest.fixture
async def fetcher(server: ScriptedServer) -> AsyncIterator[Fetcher]:
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    async with Fetcher(hosts, clock=HastyClock()) as running:
        yield running


@pytest.mark.parametrize(
    ("paths", "taken"),
    [
        (["/a.mp4"], "/a.mp4"),
        (["/a.webm"], "/a.webm"),
        (["/a.png", "/a.mp4"], "/a.mp4"),
        (["/a.avif", "/a.mp4"], "/a.mp4"),
        (["/cut.mp4", "/head.mp4", "/page.mp4", "/a.mp4"], "/a.mp4"),
        (["/gone", "/a.mp4"], "/a.mp4"),
        (["http://127.0.0.1:1/evil.mp4", "/a.mp4"], "/a.mp4"),
    ],
)
async def test_the_content_tells_which_file_is_the_video(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path, paths: list[str], taken: str
) -> None:
    output = Output(tuple(p if "://" in p else server.url + p for p in paths))
    video = await download_video(output, tmp_path / "v.mp4", fetcher=fetcher, probe=probe)
    assert video.info == (64, 48)
    assert (tmp_path / "v.mp4").read_bytes() == FILES[taken]
    assert video.file.size == len(FILES[taken])
    assert list(tmp_path.iterdir()) == [tmp_path / "v.mp4"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/a.png", NoVideoError),
        ("/a.avif", NoVideoError),
        ("/cut.mp4", NoVideoError),
        ("/head.mp4", NoVideoError),
        ("/page.mp4", NoVideoError),
        ("/gone", FileGoneError),
        ("http://127.0.0.1:1/evil.mp4", UrlRefusedError),
        ("/down", FetchFailedError),
    ],
)
async def test_what_is_no_video_is_not_kept(
    server: ScriptedServer,
    fetcher: Fetcher,
    tmp_path: Path,
    path: str,
    error: type[HailuoError],
) -> None:
    output = Output((path if "://" in path else server.url + path,))
    with pytest.raises(error):
        await download_video(output, tmp_path / "v.mp4", fetcher=fetcher, probe=probe)
    assert list(tmp_path.iterdir()) == []


async def test_a_transfer_that_broke_may_have_been_the_video(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    """Else a poster beside it would end the job with "no video"."""
    output = Output((server.url + "/down", server.url + "/a.png"))
    with pytest.raises(FetchFailedError):
        await download_video(output, tmp_path / "v.mp4", fetcher=fetcher, probe=probe)


async def test_a_probe_that_is_busy_says_nothing_about_the_file(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    class BusyError(HailuoError):
        retryable = True

    async def busy(path: Path) -> None:
        raise BusyError(str(path))

    with pytest.raises(BusyError):
        await download_video(
            Output((server.url + "/a.mp4",)), tmp_path / "v.mp4", fetcher=fetcher, probe=busy
        )


async def test_the_cap_is_the_callers(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    with pytest.raises(FileTooLargeError):
        await download_video(
            Output((server.url + "/a.mp4",)),
            tmp_path / "v.mp4",
            fetcher=fetcher,
            probe=probe,
            max_bytes=100,
        )

"""The rendered video: real H.264, made from the picture, served to anyone for a while."""

from __future__ import annotations

import asyncio
import base64
from io import BytesIO
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.sample.lighthouse import PICTURE

if TYPE_CHECKING:
    from runcomfy_caller import Caller

    from sandbox.runcomfy import RunComfySandbox


async def test_the_video_is_a_playable_mp4_whose_first_frame_is_the_picture(
    api: Caller, sandbox: RunComfySandbox, picture_url: str, lighthouse: Image.Image
) -> None:
    sandbox.configure(video_s=5)

    data = await video_bytes(api, await finished(api, picture_url))

    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert (stream.codec.canonical_name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (768, 512)
        assert stream.average_rate == 25
        frames = [frame.to_image() for frame in container.decode(stream)]
    assert len(frames) == 125
    assert difference(frames[0], lighthouse) < 4
    assert difference(frames[-1], lighthouse) > 15


async def test_a_large_video_is_as_large_as_asked_and_plays(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.configure(video_s=1, video_bytes=6_000_000)

    data = await video_bytes(api, await finished(api))

    assert 6_000_000 <= len(data) < 8_000_000
    with av.open(BytesIO(data), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) >= 25


async def test_rendering_does_not_block_the_event_loop(
    api: Caller, sandbox: RunComfySandbox, picture_url: str
) -> None:
    """While a video is rendered, other calls are answered."""
    sandbox.configure(video_s=2)
    url = await finished(api, picture_url)
    download = asyncio.create_task(video_bytes(api, url), name="download")
    answered = 0

    while not download.done():
        await api.ledger()
        answered += 1

    assert answered > 5
    assert await download


async def test_ranges_and_heads_are_served(api: Caller) -> None:
    url = await finished(api)
    whole = await video_bytes(api, url)

    async with api.session.get(url, headers={"Range": "bytes=100-199"}) as response:
        assert response.status == 206
        assert response.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
        assert await response.read() == whole[100:200]
    async with api.session.head(url) as response:
        assert response.content_length == len(whole)
        assert response.content_type == "video/mp4"


async def test_files_need_no_token_and_a_token_is_reported(api: Caller) -> None:
    url = await finished(api)
    await video_bytes(api, url)
    assert (await api.ledger())["suspect"] == []

    async with api.session.get(url, headers={"Authorization": "Bearer secret"}) as response:
        assert response.status == 200

    ledger = await api.ledger()
    assert [one["reason"] for one in ledger["suspect"]] == [
        "the API token was sent to the file host"
    ]
    assert "secret" not in str(ledger)


async def test_a_file_is_gone_after_its_lifetime(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(video_lifetime_s=60)
    url = await finished(api)
    assert await video_bytes(api, url)

    await api.call("POST", "/sandbox/clock", json={"advance_s": 61})

    async with api.session.get(url) as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/files/x/output/y.mp4", "/files/x/output/"])
async def test_no_other_file_is_served(api: Caller, path: str) -> None:
    async with api.session.get(api.url + path) as response:
        assert response.status == 404


@pytest.fixture(scope="module")
def lighthouse() -> Image.Image:
    """Open the sample picture."""
    with Image.open(PICTURE) as image:
        return image.convert("RGB")


@pytest.fixture(scope="module")
def picture_url() -> str:
    """Pack the sample picture into a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(PICTURE.read_bytes()).decode()


async def finished(api: Caller, image_url: str | None = None) -> str:
    """Have a job done and return its video's URL."""
    job = await api.accepted(image_url)
    await api.move(job, "completed")
    return (await api.call("GET", f"{job}/result")).body["output"]["video"]


async def video_bytes(api: Caller, url: str) -> bytes:
    """Download a file as a careful client does, without the token."""
    async with api.session.get(url) as response:
        assert response.status == 200
        return await response.read()


def difference(frame: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures per channel, 0 to 255."""
    resized = other.resize(frame.size)
    return sum(ImageStat.Stat(ImageChops.difference(frame, resized)).mean) / 3

"""Links of the CDN, and what Discord tells about a file."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING

import aiohttp
import av
import pytest
from PIL import Image
from rest_caller import MESSAGES, RestCaller

from sandbox.discord.control.client import ControlClient, file
from sandbox.discord.server import DiscordSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.openapi import Referee


def picture(kind: str, width: int = 40, height: int = 30) -> bytes:
    """Return a picture of a format."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return buffer.getvalue()


def video() -> bytes:
    """Return a second of video."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    return buffer.getvalue()


@pytest.fixture
def moment() -> list[float]:
    """Tell the time of the stand-in, for the test to move."""
    return [1_800_000_000.0]


@pytest.fixture
async def sandbox(referee: Referee | None, moment: list[float]) -> AsyncIterator[DiscordSandbox]:
    """Run a stand-in on the test's clock."""
    async with DiscordSandbox(observer=referee, clock=lambda: moment[0]) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Fetch links."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("name", "data", "kind", "size"),
    [
        ("a.png", picture("PNG"), "image/png", (40, 30)),
        ("a.JPG", picture("JPEG"), "image/jpeg", (40, 30)),
        ("a.gif", picture("GIF"), "image/gif", (40, 30)),
        ("a.webp", picture("WEBP"), "image/webp", (40, 30)),
        ("cut.png", picture("PNG")[:-20], "image/png", (40, 30)),
        ("a.heic", b"not readable here", "image/heic", (None, None)),
        ("text.png", b"just text", "image/png", (None, None)),
        ("picture.txt", picture("PNG"), "text/plain; charset=utf-8", (None, None)),
        ("a.unknown", b"?", None, (None, None)),
        ("a.mp4", video(), "video/mp4", (64, 48)),
        ("broken.mp4", b"no video", "video/mp4", (None, None)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_discord_tells_of_a_file(
    rest: RestCaller,
    name: str,
    data: bytes,
    kind: str | None,
    size: tuple[int | None, int | None],
) -> None:
    """The type by the name alone, the size where the bytes can be read, else no size at all."""
    made = await rest("POST", MESSAGES, {"content": "x"}, files=((name, data),))
    [attachment] = made.body["attachments"]
    assert attachment.get("content_type") == kind
    assert (attachment.get("width"), attachment.get("height")) == size
    assert attachment["size"] == len(data)
    async with rest.session.get(attachment["url"]) as answer:
        assert await answer.read() == data
        assert answer.headers["Content-Type"] == (kind or "application/octet-stream")


async def test_links_expire_and_are_renewed_by_looking_again(
    rest: RestCaller, http: aiohttp.ClientSession, moment: list[float]
) -> None:
    """A day after it was given out a link is dead; a fresh look at the message gives a new one."""
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.txt", b"data"),))).body
    link = made["attachments"][0]["url"]
    assert (await http.get(link)).status == 200
    moment[0] += 86_400
    assert (await http.get(link)).status == 404
    again = (await rest("GET", f"{MESSAGES}/{made['id']}")).body["attachments"][0]["url"]
    assert again != link
    assert (await http.get(again)).status == 200
    await rest("DELETE", f"{MESSAGES}/{made['id']}")
    assert (await http.get(again)).status == 404


async def test_link_lifetime_can_be_set(
    rest: RestCaller, person: ControlClient, http: aiohttp.ClientSession, moment: list[float]
) -> None:
    """A test need not wait a day."""
    await person.post("/settings", cdn_lifetime_s=2)
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.txt", b"data"),))).body
    link = made["attachments"][0]["url"]
    assert int(link.partition("ex=")[2].partition("&")[0], 16) == int(moment[0]) + 2
    moment[0] += 2
    assert (await http.get(link)).status == 404


async def test_unsigned_and_foreign_links_are_refused(
    rest: RestCaller, http: aiohttp.ClientSession
) -> None:
    """A link works only as it was given out."""
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.txt", b"data"),))).body
    link: str = made["attachments"][0]["url"]
    for wrong in (
        link.partition("?")[0],
        link.replace("a.txt", "b.txt"),
        link.replace("ex=", "ex=f"),
    ):
        assert (await http.get(wrong)).status == 403


async def test_head_and_ranges(rest: RestCaller, http: aiohttp.ClientSession) -> None:
    """A video player asks for parts."""
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.mp4", b"0123456789"),))).body
    link = made["attachments"][0]["url"]
    head = await http.head(link)
    assert (head.status, head.headers["Content-Length"]) == (200, "10")
    part = await http.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status, await part.read()) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert await (await http.get(link, headers={"Range": "bytes=-3"})).read() == b"789"
    assert (await http.get(link, headers={"Range": "bytes=20-"})).status == 416


async def test_link_preview_of_a_member_is_served_by_its_proxy(
    person: ControlClient, http: aiohttp.ClientSession
) -> None:
    """A posted link's picture is to be had at proxy_url, with its size."""
    preview = {
        "type": "image",
        "url": "https://example.com/cat.png",
        "thumbnail": {"url": "https://example.com/cat.png", "file": "cat"},
    }
    content = "https://example.com/cat.png"
    files = {"cat": file("cat.png", picture("PNG"))}
    await person.say("alice", content, embeds=[preview], files=files)
    [message] = await person.messages("bob")
    thumbnail = message["embeds"][0]["thumbnail"]
    assert message["attachments"] == []
    assert (thumbnail["width"], thumbnail["height"]) == (40, 30)
    assert thumbnail["url"] == "https://example.com/cat.png"
    assert await (await http.get(thumbnail["proxy_url"])).read() == picture("PNG")


async def test_cdn_can_fail_too(
    rest: RestCaller, person: ControlClient, http: aiohttp.ClientSession
) -> None:
    """Faults strike the CDN by its path; the ledger shows them."""
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.txt", b"data"),))).body
    link = made["attachments"][0]["url"]
    await person.fault("GET /attachments/*", 503)
    # aiohttp repeats a GET once by itself when its connection breaks.
    await person.fault("GET /attachments/*", "drop", times=2)
    assert (await http.get(link)).status == 503
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await http.get(link)
    assert (await http.get(link)).status == 200
    calls = [call for call in await person.calls() if call["who"] == "cdn"]
    assert [call["status"] for call in calls] == [503, "drop", "drop", 200]

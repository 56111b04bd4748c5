from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.fetch import (
    AllowedHosts,
    DiskError,
    FetchedFile,
    Fetcher,
    FetchFailedError,
    FetchTimeoutError,
    FileGoneError,
    FileTooLargeError,
    UrlRefusedError,
)
from hailuo.fetch.fetcher import ATTEMPTS
from tests.clocks import HastyClock
from tests.scripted_http import Reply, Request, ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FILE = bytes(range(256)) * 400
MIB = 1024 * 1024


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest.fixture
async def fetcher(server: ScriptedServer, clock: HastyClock) -> AsyncIterator[Fetcher]:
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    async with Fetcher(hosts, clock=clock, rng=random.Random(1)) as running:  # seeded
        yield running


def file_reply(content: bytes = FILE, headers: dict[str, str] | None = None) -> Reply:
    return reply(200, content, headers={"Content-Type": "video/mp4; x=y"} | (headers or {}))


def cut(answer: Reply, size: int) -> Reply:
    """Return the answer with the last ``size`` bytes of its body never sent."""
    return Reply(answer.raw[:-size], "close")


def rest_of_file(request: Request) -> Reply:
    """Return the range that was asked for."""
    start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert start == len(FILE) - 1000
    said = f"bytes {start}-{len(FILE) - 1}/{len(FILE)}"
    return reply(206, FILE[start:], headers={"Content-Range": said})


async def test_a_file_arrives_whole(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    server.script = [file_reply()]
    target = tmp_path / "a.mp4"
    fetched = await fetcher.fetch(f"{server.url}/x/a.mp4?sig=1#part", target, max_bytes=MIB)
    assert FetchedFile(f"{server.url}/x/a.mp4?sig=1", len(FILE)) == fetched
    assert target.read_bytes() == FILE
    assert list(tmp_path.iterdir()) == [target]


async def test_a_url_comes_back_as_nothing_that_ends_a_link(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    """A card that links to it as ``[…](<url>)`` must lead there and nowhere else."""
    server.script = [file_reply()]
    url = f"{server.url}/x>)[free](https://evil.example/"
    fetched = await fetcher.fetch(url, tmp_path / "a", max_bytes=MIB)
    assert not set("<>[]") & set(fetched.url)
    assert server.requests[0].target == fetched.url.removeprefix(server.url)


async def test_no_secret_goes_out_and_nothing_is_compressed(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token, no cookie from before, no proxy of the environment."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.script = [file_reply(headers={"Set-Cookie": "a=b; Path=/"})]
    for name in ("a", "b"):
        await fetcher.fetch(f"{server.url}/x", tmp_path / name, max_bytes=MIB)
    for request in server.requests:
        assert not {"authorization", "cookie"} & set(request.headers)
        assert request.headers["accept-encoding"] == "identity"
        assert request.target == "/x"


async def test_a_chunked_file_is_whole_at_its_last_chunk(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.script = [
        Reply(head + b"5\r\nhello\r\n", "close"),
        Reply(head + b"5\r\nhello\r\n0\r\n\r\n"),
    ]
    fetched = await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert fetched.size == 5
    assert len(server.requests) == 2


async def test_a_file_that_stalls_goes_on_where_it_stopped(
    server: ScriptedServer, tmp_path: Path
) -> None:
    begun = file_reply(headers={"ETag": '"v1"'}).raw[:-1000]
    server.script = [Reply(begun, "hang"), rest_of_file]
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    async with Fetcher(hosts, idle=timedelta(seconds=0.5), clock=HastyClock()) as fetcher:
        await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert server.requests[1].headers["if-range"] == '"v1"'
    assert (tmp_path / "a").read_bytes() == FILE


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
async def test_without_a_strong_validator_it_starts_again(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path, etag: str
) -> None:
    headers = {"ETag": etag} if etag else {}
    server.script = [cut(file_reply(headers=headers), 1000), file_reply()]
    await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert "range" not in server.requests[1].headers
    assert (tmp_path / "a").read_bytes() == FILE


async def test_a_file_that_changed_meanwhile_starts_again(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """If-Range answered by 200 means: this is another file, from its beginning."""
    server.script = [
        Reply(file_reply(headers={"ETag": '"v1"'}).raw[:-1000], "hang"),
        file_reply(b"other" * 99, {"ETag": '"v2"'}),
    ]
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    async with Fetcher(hosts, idle=timedelta(seconds=0.5), clock=HastyClock()) as fetcher:
        fetched = await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert (tmp_path / "a").read_bytes() == b"other" * 99
    assert fetched.size == 495


WRONG_RANGES = ["bytes 0-4/5", "bytes 101400-102398/102400", "bytes 101400-102399/*", "junk", ""]


@pytest.mark.parametrize("said", WRONG_RANGES)
async def test_a_wrong_range_is_never_glued_on(
    server: ScriptedServer, tmp_path: Path, said: str
) -> None:
    server.script = [
        Reply(file_reply(headers={"ETag": '"v1"'}).raw[:-1000], "hang"),
        reply(206, b"wrong", headers={"Content-Range": said} if said else {}),
        file_reply(),
    ]
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    async with Fetcher(hosts, idle=timedelta(seconds=0.5), clock=HastyClock()) as fetcher:
        await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert "range" in server.requests[1].headers
    assert "range" not in server.requests[2].headers
    assert (tmp_path / "a").read_bytes() == FILE


AGAIN = {
    "500": reply(500, {}),
    "503": reply(503, {}, headers={"Retry-After": "7"}),
    "429": reply(429, {}),
    "408": reply(408, {}),
    "dropped": Reply(b"", "close"),
    "reset": Reply(b"", "reset"),
    "short": cut(file_reply(), 1),
    "empty": reply(200, b""),
    "gzip": file_reply(headers={"Content-Encoding": "gzip"}),
    "no length": Reply(b"HTTP/1.1 200 OK\r\n\r\n" + FILE, "close"),
    "unasked range": reply(206, b"abc", headers={"Content-Range": "bytes 0-2/3"}),
    "no http": Reply(b"SSH-2.0-OpenSSH\r\n\r\n", "close"),
    "416": reply(416, b""),
}


@pytest.mark.parametrize("fault", AGAIN.values(), ids=AGAIN.keys())
async def test_what_may_pass_is_tried_again_a_bounded_number_of_times(
    server: ScriptedServer, fetcher: Fetcher, clock: HastyClock, tmp_path: Path, fault: Reply
) -> None:
    server.script = [fault]
    with pytest.raises(FetchFailedError) as caught:
        await fetcher.fetch(f"{server.url}/secret-path", tmp_path / "a", max_bytes=MIB)
    assert caught.value.retryable
    assert "secret-path" not in str(caught.value)
    assert len(clock.naps) == ATTEMPTS - 1
    assert list(tmp_path.iterdir()) == []
    server.script = [file_reply()]
    await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)


async def test_retry_after_is_obeyed(
    server: ScriptedServer, fetcher: Fetcher, clock: HastyClock, tmp_path: Path
) -> None:
    server.script = [reply(503, {}, headers={"Retry-After": "7"}), file_reply()]
    await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    (nap,) = clock.naps
    assert 7 <= nap <= 7.5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_what_is_gone_is_asked_for_once(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path, status: int
) -> None:
    server.script = [reply(status, b"<html>gone</html>")]
    with pytest.raises(FileGoneError):
        await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert len(server.requests) == 1
    assert list(tmp_path.iterdir()) == []


async def test_the_cap_holds_by_the_header_and_by_the_count(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless += b"".join(b"2800\r\n" + b"x" * 0x2800 + b"\r\n" for _ in range(20))
    claims = Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nxx", "hang")
    for answer in (claims, Reply(endless, "hang"), file_reply()):
        server.script = [answer]
        with pytest.raises(FileTooLargeError, match="more than 100000 bytes"):
            await fetcher.fetch(server.url, tmp_path / "a", max_bytes=100_000)
        assert list(tmp_path.iterdir()) == []
    server.script = [file_reply()]
    await fetcher.fetch(server.url, tmp_path / "a", max_bytes=len(FILE))


async def test_a_file_that_trickles_for_ever_is_given_up(
    server: ScriptedServer, tmp_path: Path
) -> None:
    """Silence ends by the idle limit, a trickle by the total one."""
    server.script = [Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxx", "hang")]
    hosts = AllowedHosts.parse([f"127.0.0.1:{server.port}"])
    hour, moment = timedelta(hours=1), timedelta(seconds=0.05)
    for total, idle in ((hour, moment), (moment, hour)):
        async with Fetcher(hosts, total=total, idle=idle, clock=HastyClock()) as fetcher:
            with pytest.raises(FetchTimeoutError):
                await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
        assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_fetch_leaves_the_old_file_and_nothing_beside_it(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    server.script = [Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxx", "hang")]
    task = asyncio.create_task(fetcher.fetch(server.url, target, max_bytes=MIB))
    await asyncio.wait_for(server.arrived.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


async def test_a_disk_that_refuses_is_told_from_a_network(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    server.script = [file_reply()]
    with pytest.raises(DiskError):
        await fetcher.fetch(server.url, tmp_path / "no-such-folder" / "a", max_bytes=MIB)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
async def test_no_redirect_is_followed(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path, status: int
) -> None:
    async with ScriptedServer([file_reply()]) as elsewhere:
        server.script = [reply(status, b"", headers={"Location": f"{elsewhere.url}/x"})]
        with pytest.raises(UrlRefusedError):
            await fetcher.fetch(server.url, tmp_path / "a", max_bytes=MIB)
    assert elsewhere.connections == 0
    assert len(server.requests) == 1


async def test_the_loopback_exception_is_one_host_and_one_port(
    server: ScriptedServer, fetcher: Fetcher, tmp_path: Path
) -> None:
    async with ScriptedServer([file_reply()]) as other:
        for url in (
            other.url,
            f"http://localhost:{server.port}",
            "http://127.0.0.1",
            "http://[::1]",
        ):
            with pytest.raises(UrlRefusedError):
                await fetcher.fetch(url, tmp_path / "a", max_bytes=MIB)
    assert other.connections == 0

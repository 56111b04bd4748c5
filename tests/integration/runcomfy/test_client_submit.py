from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING

import pytest

from hailuo.runcomfy import Accepted, JobInput, Refused, RequestId, SubmitUnknown, errors
from hailuo.runcomfy.client import SUBMIT_ATTEMPTS
from tests.scripted_http import Reply, ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from hailuo.runcomfy import RunComfyClient

JOB = JobInput("a boat at dusk", "https://cdn.example/boat.png")
ACCEPTED = {"request_id": "req-1", "status_url": "https://elsewhere.example/steal"}
HTML = b"<html><body>502 Bad Gateway</body></html>"


async def test_submit_posts_the_seeds_request(api: ScriptedServer, client: RunComfyClient) -> None:
    """The path has the model's spaces as %20, the body is the input schema one to one."""
    api.script = [reply(200, ACCEPTED)]

    assert Accepted(RequestId("req-1")) == await client.submit(JOB)

    (request,) = api.requests
    assert request.method == "POST"
    assert request.target == "/v1/models/minimax/Hailuo%20Video%2001%20Live"
    assert request.headers["authorization"] == "Bearer canary-token-7f3a"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "prompt": "a boat at dusk",
        "image_url": "https://cdn.example/boat.png",
        "prompt_optimizer": True,
    }


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_2xx_with_an_id_is_accepted(
    api: ScriptedServer, client: RunComfyClient, status: int
) -> None:
    api.script = [reply(status, ACCEPTED | {"status": "in_queue"})]
    assert Accepted(RequestId("req-1")) == await client.submit(JOB)


async def test_each_submit_has_a_connection_of_its_own(
    api: ScriptedServer, client: RunComfyClient
) -> None:
    """Polls share a connection, a paid POST never rides on one that may be dead."""
    api.script = [reply(200, ACCEPTED | {"status": "in_queue"})]
    outcome = await client.submit(JOB)
    assert isinstance(outcome, Accepted)
    handle = client.handle(outcome.request_id)
    await handle.status()
    await handle.status()
    await client.submit(JOB)
    assert [request.connection for request in api.requests] == [1, 2, 2, 3]


# reliability: what the wire did, and that the provider may have the whole job.
LOST = {
    "closed": Reply(b"", "close"),
    "reset": Reply(b"", "reset"),
    "headers cut": Reply(b"HTTP/1.1 200 OK\r\nContent-Le", "close"),
    "no http": Reply(b"\x00\x01\x02 nonsense\r\n\r\n", "close"),
    "json cut by the connection": Reply(
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"request_id": "re', "close"
    ),
    "json truncated": reply(200, b'{"request_id": "req-1'),
    "html 502": reply(502, HTML, headers={"Content-Type": "text/html"}),
    "html 200": reply(200, HTML, headers={"Content-Type": "text/html"}),
    "500": reply(500, {"error_code": 500001, "error_message": "internal"}),
    "500 bare": reply(500, {}),
    "503 with Retry-After": reply(503, {}, headers={"Retry-After": "1"}),
    "504": reply(504, b""),
    "408": reply(408, {}),
    "409": reply(409, {"error": "conflict"}),
    "301": reply(301, b"", headers={"Location": "/elsewhere"}),
    "307": reply(307, b"", headers={"Location": "/elsewhere"}),
    "308": reply(308, b"", headers={"Location": "/elsewhere"}),
    "no request id": reply(200, {"status": "in_queue"}),
    "request id of another type": reply(200, {"request_id": 17}),
    "request id that would change the path": reply(200, {"request_id": "../../models"}),
    "a list": reply(200, ["req-1"]),
    "empty 200": reply(200, b""),
    "unknown code with 200": reply(200, {"error_code": 499123}),
    "unknown code with 400": reply(400, {"error_code": 777}),
    "a known code beside a request id": reply(200, {"request_id": "r-1", "error_code": 400002}),
    "not-ready code on a submit": reply(400, {"error_code": 400005}),
    "too large": reply(200, b'"' + b"x" * (1024 * 1024 + 1) + b'"'),
    "bad gzip": reply(200, b"no gzip at all", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
async def test_what_may_have_arrived_is_unknown_and_never_sent_again(
    api: ScriptedServer, client: RunComfyClient, naps: list[float], fault: Reply
) -> None:
    api.script = [fault]
    outcome = await client.submit(JOB)
    assert isinstance(outcome, SubmitUnknown)
    assert outcome.request_id is None
    assert outcome.detail
    assert len(api.requests) == 1
    assert naps == []


async def test_silence_after_the_request_is_unknown(
    api: ScriptedServer, client: RunComfyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is shortened here; in the product a submit waits 100 s for its answer."""
    short = pytest.importorskip("aiohttp").ClientTimeout(total=0.2)
    monkeypatch.setattr("hailuo.runcomfy.transport._SUBMIT_TIMEOUT", short)
    api.script = [Reply(b"", "hang")]
    assert isinstance(await client.submit(JOB), SubmitUnknown)
    assert len(api.requests) == 1


REFUSED = {
    "200 with a known code": (200, 400002, errors.InsufficientBalanceError),
    "400 model": (400, 400001, errors.InvalidModelError),
    "400 balance": (400, 400002, errors.InsufficientBalanceError),
    "402": (402, None, errors.InsufficientBalanceError),
    "400 account": (400, 400004, errors.AuthenticationError),
    "401": (401, None, errors.AuthenticationError),
    "401 with an undocumented code of its own": (401, 401009, errors.AuthenticationError),
    "403": (403, 403001, errors.PermissionDeniedError),
    "403 as Dify has it": (403, 403003, errors.PermissionDeniedError),
    "404": (404, None, errors.InvalidModelError),
    "422": (422, 422001, errors.InvalidInputError),
    "400 alone": (400, None, errors.InvalidInputError),
    "a code decides against the status": (500, 422001, errors.InvalidInputError),
}


@pytest.mark.parametrize(("status", "code", "kind"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_definite_refusal_has_its_meaning(
    api: ScriptedServer,
    client: RunComfyClient,
    status: int,
    code: int | None,
    kind: type[errors.RunComfyError],
) -> None:
    body = {"error_message": "No."} | ({"error_code": code} if code else {})
    api.script = [reply(status, body)]
    outcome = await client.submit(JOB)
    assert isinstance(outcome, Refused)
    assert type(outcome.error) is kind
    assert (outcome.error.http_status, outcome.error.error_code) == (status, code)
    assert outcome.error.text == "No."
    assert "counted" in outcome.error.user_message
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry-After": "7"}, 7.0),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 12:00:09 GMT",
                "Date": "Mon, 23 Nov 2026 12:00:00 GMT",
            },
            9.0,
        ),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:11 GMT"}, 11.0),
        ({"Retry-After": "31536000"}, 600.0),
        ({}, None),
    ],
    ids=["seconds", "date", "date against our clock", "a year is no wait for anybody", "none"],
)
async def test_429_is_handed_back_at_once_with_how_long_to_wait(
    api: ScriptedServer,
    client: RunComfyClient,
    naps: list[float],
    headers: dict[str, str],
    pause: float | None,
) -> None:
    """Who else waits, and who is first when there is room again, a client cannot know."""
    api.script = [reply(429, {"error": "slow down"}, headers=headers), reply(200, ACCEPTED)]
    outcome = await client.submit(JOB)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, errors.RateLimitedError)
    pause_asked = outcome.error.retry_after
    told = None if pause_asked is None else pause_asked.total_seconds()
    assert told == pause
    assert len(api.requests) == 1
    assert naps == []


async def test_nothing_sent_is_retried_then_refused(
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]], naps: list[float]
) -> None:
    """A refused connection proves that no job exists."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with open_client(url) as client:
            outcome = await client.submit(JOB)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, errors.UnreachableError)
    assert len(naps) == SUBMIT_ATTEMPTS - 1


async def test_a_server_that_comes_up_meanwhile_gets_one_job(
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ScriptedServer([reply(200, ACCEPTED)]) as api:
        refusals = [ConnectionRefusedError("not yet"), ConnectionRefusedError("not yet")]
        loop = asyncio.get_running_loop()
        connect = loop.sock_connect

        async def flaky(sock: socket.socket, address: tuple[str, int]) -> None:
            if refusals:
                raise refusals.pop()
            await connect(sock, address)

        monkeypatch.setattr(loop, "sock_connect", flaky)
        async with open_client(api.url) as client:
            assert Accepted(RequestId("req-1")) == await client.submit(JOB)
    assert len(api.requests) == 1


@pytest.mark.parametrize("url", ["https://no-such-host.invalid", "https://127.0.0.1:1"])
async def test_dns_and_tls_failures_sent_nothing(
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]], url: str
) -> None:
    async with open_client(url) as client:
        outcome = await client.submit(JOB)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, errors.UnreachableError)


async def test_a_failed_tls_handshake_sent_nothing(
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
) -> None:
    async def no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"plain text")
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    async with server, open_client(f"https://127.0.0.1:{_port(server)}") as client:
        outcome = await client.submit(JOB)
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, errors.UnreachableError)


def _port(server: asyncio.Server) -> int:
    return server.sockets[0].getsockname()[1]

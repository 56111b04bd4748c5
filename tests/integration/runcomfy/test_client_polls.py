from __future__ import annotations

import logging
import traceback
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from hailuo.runcomfy import (
    Accepted,
    Cancelled,
    CancelUnconfirmed,
    Completed,
    Failed,
    InProgress,
    InQueue,
    JobInput,
    NotCancellable,
    NotReady,
    Output,
    RequestId,
    RunComfyClient,
    UnknownStatus,
    errors,
)
from tests.scripted_http import Reply, ScriptedServer, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

ID = RequestId("req_1-A")
VIDEO = "https://playgrounds-storage-public.runcomfy.net/x/output/a.mp4"


async def test_status_result_and_cancel_use_the_seeds_paths(
    api: ScriptedServer, client: RunComfyClient
) -> None:
    api.script = [
        reply(200, {"status": "in_queue", "queue_position": 3}),
        reply(200, {"status": "succeeded", "output": {"video": VIDEO}, "cost": 0.28}),
        reply(202, {"status": "in_queue", "outcome": "cancelled"}),
        reply(200, {"status": "cancelled"}),
    ]
    assert InQueue(3) == await client.status(ID)
    assert Output((VIDEO,), 0.28) == await client.result(ID)
    assert Cancelled() == await client.cancel(ID)
    assert [f"{request.method} {request.target}" for request in api.requests] == [
        "GET /v1/requests/req_1-A/status",
        "GET /v1/requests/req_1-A/result?include_cost=true",
        "POST /v1/requests/req_1-A/cancel",
        "GET /v1/requests/req_1-A/status",
    ]
    assert {request.headers["authorization"] for request in api.requests} == {
        "Bearer canary-token-7f3a"
    }
    assert api.requests[2].body == b""


async def test_another_process_goes_on_from_the_id_alone(
    api: ScriptedServer,
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
) -> None:
    api.script = [
        reply(200, {"request_id": "r9"}),
        reply(200, {"status": "completed"}),
        reply(200, {"status": "completed", "output": {"videos": [VIDEO]}}),
    ]
    async with open_client(api.url) as first:
        outcome = await first.submit(JobInput("p", "https://x.example/i.png"))
    assert isinstance(outcome, Accepted)
    async with open_client(api.url) as second:
        handle = second.handle(outcome.request_id)
        assert Completed() == await handle.status()
        assert Output((VIDEO,)) == await handle.result()


FAULTS = {
    "dropped": (Reply(b"", "close"), errors.ConnectionLostError),
    "reset": (Reply(b"", "reset"), errors.ConnectionLostError),
    "headers cut": (Reply(b"HTTP/1.1 200 OK\r\nConte", "close"), errors.ConnectionLostError),
    "500": (reply(500, {}), errors.ServerFaultError),
    "503": (reply(503, {}, headers={"Retry-After": "5"}), errors.ServerFaultError),
    "502 html": (reply(502, b"<html>", headers={"Content-Type": "x"}), errors.ServerFaultError),
    "429": (reply(429, {}, headers={"Retry-After": "5"}), errors.RateLimitedError),
    "redirect": (
        reply(302, b"", headers={"Location": "http://127.0.0.1:1/"}),
        errors.UnexpectedAnswerError,
    ),
    "html": (reply(200, b"<html>"), errors.MalformedAnswerError),
    "list": (reply(200, [1]), errors.MalformedAnswerError),
    "no status": (reply(200, {"request_id": ID}), errors.MalformedAnswerError),
    "status of another type": (reply(200, {"status": {"a": 1}}), errors.MalformedAnswerError),
    "not ready": (reply(400, {"error_code": 400005}), errors.ResultNotReadyError),
    "a proxy's 404 page": (reply(404, b"<html>"), errors.UnexpectedAnswerError),
    "teapot": (reply(418, {}), errors.UnexpectedAnswerError),
    "unknown code": (reply(200, {"error_code": 999999}), errors.UnexpectedAnswerError),
    "error code beside a status": (
        reply(200, {"error_code": 500001, "status": "failed"}),
        errors.ServerFaultError,
    ),
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("call", ["status", "result"])
async def test_a_bad_poll_is_a_retryable_error_and_the_next_one_works(
    api: ScriptedServer,
    client: RunComfyClient,
    fault: Reply,
    kind: type[errors.RunComfyError],
    call: str,
) -> None:
    api.script = [fault]
    with pytest.raises(kind) as caught:
        await getattr(client, call)(ID)
    assert caught.value.retryable
    assert caught.value.request_id == ID
    api.script = [reply(200, {"status": "in_progress"})]
    assert await getattr(client, call)(ID) in (InProgress(), NotReady(InProgress()))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (reply(404, {"error_code": 404001}), errors.RequestNotFoundError),
        (reply(401, {"error_code": 400004}), errors.AuthenticationError),
        (reply(403, {"error_code": 403001}), errors.PermissionDeniedError),
        (reply(200, {"error_code": 404001}), errors.RequestNotFoundError),
    ],
)
async def test_a_definite_no_is_not_retryable(
    api: ScriptedServer, client: RunComfyClient, fault: Reply, kind: type[errors.RunComfyError]
) -> None:
    api.script = [fault]
    with pytest.raises(kind) as caught:
        await client.status(ID)
    assert not caught.value.retryable


async def test_retry_after_comes_with_errors(api: ScriptedServer, client: RunComfyClient) -> None:
    api.script = [reply(503, {}, headers={"Retry-After": "12"})]
    with pytest.raises(errors.ServerFaultError) as caught:
        await client.status(ID)
    assert caught.value.retry_after == timedelta(seconds=12)


async def test_a_failed_job_may_carry_its_own_code(
    api: ScriptedServer, client: RunComfyClient
) -> None:
    api.script = [
        reply(200, {"request_id": ID, "status": "failed", "error_code": 500001, "error": "GPU"})
    ]
    assert Failed("GPU") == await client.result(ID)


async def test_an_unknown_word_is_a_status(api: ScriptedServer, client: RunComfyClient) -> None:
    api.script = [reply(200, {"status": "Warming Up"})]
    assert UnknownStatus("Warming Up") == await client.status(ID)


async def test_an_unknown_word_does_not_echo_the_token(
    api: ScriptedServer, client: RunComfyClient
) -> None:
    api.script = [reply(200, {"status": "canary-token-7f3a is busy"})]
    assert UnknownStatus("[redacted] is busy") == await client.status(ID)


@pytest.mark.parametrize("body", [{}, {"message": "Not Found"}, {"error": {"code": 404}}])
async def test_a_gateways_404_is_not_the_apis_word(
    api: ScriptedServer, client: RunComfyClient, body: dict[str, object]
) -> None:
    api.script = [reply(404, body)]
    with pytest.raises(errors.UnexpectedAnswerError) as caught:
        await client.status(ID)
    assert caught.value.retryable


@pytest.mark.parametrize("call", ["status", "result"])
async def test_an_answer_about_another_request_is_not_believed(
    api: ScriptedServer, client: RunComfyClient, call: str
) -> None:
    output = {"video": "https://files.runcomfy.net/somebody-elses.mp4"}
    api.script = [reply(200, {"request_id": "r-2", "status": "completed", "output": output})]
    with pytest.raises(errors.MalformedAnswerError):
        await getattr(client, call)(ID)


@pytest.mark.parametrize(
    ("cancel", "status", "expected"),
    [
        ("cancelled", "cancelled", Cancelled()),
        ("cancellation_requested", "canceled", Cancelled()),
        ("cancelled", "in_queue", CancelUnconfirmed(InQueue())),
        ("cancelled", "completed", NotCancellable(Completed())),
        ("cancelled", "in_progress", NotCancellable(InProgress())),
        ("not_cancellable", "in_progress", NotCancellable(InProgress())),
        ("not_cancellable", "completed", NotCancellable(Completed())),
        ("not_cancellable", "cancelled", Cancelled()),
        ("no such word", "in_queue", NotCancellable(InQueue())),
    ],
)
async def test_cancel_is_confirmed_by_one_more_look(
    api: ScriptedServer, client: RunComfyClient, cancel: str, status: str, expected: object
) -> None:
    """The docs' own sample says "cancelled" beside a completed job, so its word is not enough."""
    api.script = [
        reply(202, {"request_id": ID, "outcome": cancel, "status": "completed"}),
        reply(200, {"status": status}),
    ]
    assert expected == await client.cancel(ID)
    assert len(api.requests) == 2


async def test_a_cancel_that_cannot_be_confirmed_says_so(
    api: ScriptedServer, client: RunComfyClient
) -> None:
    api.script = [reply(202, {"outcome": "cancelled"}), reply(500, {})]
    assert CancelUnconfirmed() == await client.cancel(ID)


@pytest.mark.parametrize("bad", ["", "a/b", "../x", "a b", "é", "x" * 129, "a?b", "a%2fb"])
async def test_a_request_id_that_would_change_the_path_is_never_sent(
    api: ScriptedServer, client: RunComfyClient, bad: str
) -> None:
    for call in (client.status, client.result, client.cancel):
        with pytest.raises(errors.MalformedAnswerError):
            await call(RequestId(bad))
    with pytest.raises(errors.MalformedAnswerError):
        client.handle(RequestId(bad))
    assert api.requests == []


async def test_redirects_are_not_followed(api: ScriptedServer, client: RunComfyClient) -> None:
    async with ScriptedServer([reply(200, {"status": "completed"})]) as target:
        for status in (301, 302, 303, 307, 308):
            api.script = [reply(status, b"", headers={"Location": f"{target.url}/steal"})]
            for call in (client.status, client.result, client.cancel):
                with pytest.raises(errors.UnexpectedAnswerError):
                    await call(ID)
            await client.submit(JobInput("p", "https://x.example/i.png"))
    assert target.connections == 0


async def test_the_token_stays_out_of_repr_logs_and_errors(
    api: ScriptedServer, client: RunComfyClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where a server echoes it, and where aiohttp's own error would hold the headers."""
    caplog.set_level(logging.DEBUG)
    token = "canary-token-7f3a"
    echoes = [
        reply(401, {"error_message": f"bad key {token}"}),
        reply(500, {"error": {"message": f"Authorization: Bearer {token}"}}),
        Reply(b"garbage " + token.encode() + b"\r\n\r\n", "close"),
        Reply(f"HTTP/1.1 {token} x\r\n\r\n".encode(), "close"),
    ]
    for echo in echoes:
        api.script = [echo]
        with pytest.raises(errors.RunComfyError) as caught:
            await client.status(ID)
        shown = "".join(traceback.format_exception(caught.value))
        shown += repr(caught.value) + caught.value.user_message + repr(vars(caught.value))
        shown += repr(caught.value.__context__) + repr(caught.value.__cause__)
        assert token not in shown
        outcome = await client.submit(JobInput("p", "https://x.example/i.png"))
        assert token not in repr(outcome) + repr(getattr(outcome, "error", None))
    api.script = [reply(200, {"status": "failed", "error": f"key {token} broke"})]
    assert token not in repr(await client.status(ID))
    assert token not in repr(client) + caplog.text


async def test_no_cookie_is_kept(api: ScriptedServer, client: RunComfyClient) -> None:
    api.script = [reply(200, {"status": "in_queue"}, headers={"Set-Cookie": "a=b; Path=/"})]
    await client.status(ID)
    await client.status(ID)
    assert all("cookie" not in request.headers for request in api.requests)


async def test_no_proxy_is_taken_from_the_environment(
    api: ScriptedServer,
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ScriptedServer([reply(200, {"status": "completed"})]) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        api.script = [reply(200, {"status": "in_queue"})]
        async with open_client(api.url) as client:
            assert InQueue() == await client.status(ID)
    assert proxy.connections == 0


@pytest.mark.parametrize(
    ("token", "url", "model"),
    [
        ("", "https://a.example", "a/b"),
        ("two words", "https://a.example", "a/b"),
        ("line\r\nX: y", "https://a.example", "a/b"),
        ("ключ", "https://a.example", "a/b"),
        ("t", "http://a.example", "a/b"),
        ("t", "ftp://127.0.0.1", "a/b"),
        ("t", "https://me:pw@a.example", "a/b"),
        ("t", "https://a.example?x=1", "a/b"),
        ("t", "https://a.example", ""),
        ("t", "https://a.example", "a//b"),
        ("t", "https://a.example", "a/../b"),
        ("t", "https://a.example", "a/b\n"),
    ],
)
def test_what_cannot_work_is_refused_at_once(token: str, url: str, model: str) -> None:
    with pytest.raises(ValueError, match=r"token|URL|model") as caught:
        RunComfyClient(SecretStr(token), url, model)
    assert not token or len(token) < 2 or token not in str(caught.value)


async def test_a_client_outside_its_block_says_so() -> None:
    client = RunComfyClient(SecretStr("t"), "https://a.example", "a/b")
    with pytest.raises(RuntimeError, match="async with"):
        await client.status(ID)


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (
            "minimax/hailuo-2-3/pro/image-to-video",
            "/v1/models/minimax/hailuo-2-3/pro/image-to-video",
        ),
        ("a/b?c#d%e+f", "/v1/models/a/b%3Fc%23d%25e%2Bf"),
    ],
)
async def test_each_segment_of_the_model_id_is_encoded(
    api: ScriptedServer, model: str, path: str
) -> None:
    api.script = [reply(200, {"request_id": "r"})]
    async with RunComfyClient(SecretStr("t"), f"{api.url}/gateway/", model) as client:
        await client.submit(JobInput("p", "https://x.example/i.png"))
    assert api.requests[0].target == f"/gateway{path}"

"""Every way in which the stand-in can fail, as a client meets it."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from runcomfy_caller import picture_uri

if TYPE_CHECKING:
    from runcomfy_caller import Caller

    from sandbox.runcomfy import RunComfySandbox

SUBMITS = "POST /v1/models/*"
POLLS = "GET /v1/requests/*/status"
FILES = "GET /files/*"


async def test_a_fault_strikes_as_often_as_asked(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.strike(POLLS, 503, times=2)
    job = await api.accepted()

    answers = [(await api.call("GET", f"{job}/status")).status for _ in range(3)]

    assert answers == [503, 503, 200]


async def test_a_fault_may_strike_at_random_by_seed(api: Caller, sandbox: RunComfySandbox) -> None:
    job = await api.accepted()
    runs = []
    for _ in range(2):
        sandbox.state.faults.clear()
        sandbox.configure(seed=3)
        sandbox.strike(POLLS, 500, times=None, probability=0.5)
        runs.append([(await api.call("GET", f"{job}/status")).status for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


@pytest.mark.parametrize("after_accept", [False, True])
@pytest.mark.parametrize("status", ["drop", 500, 502, "html", "redirect"])
async def test_a_submit_can_fail_before_and_after_it_took_effect(
    api: Caller, sandbox: RunComfySandbox, status: int | str, *, after_accept: bool
) -> None:
    sandbox.strike(SUBMITS, status, after_accept=after_accept)

    with pytest.raises((aiohttp.ClientError, KeyError)):
        await api.accepted()

    assert len((await api.ledger())["requests"]) == after_accept


@pytest.mark.parametrize("after_accept", [False, True])
async def test_a_submit_can_hang(
    api: Caller, sandbox: RunComfySandbox, *, after_accept: bool
) -> None:
    sandbox.strike(SUBMITS, "hang", after_accept=after_accept)
    submit = asyncio.create_task(api.submit(), name="submit")
    await sandbox.state.changes.until(
        lambda: any(call.status == "hang" for call in sandbox.state.ledger.calls)
    )
    assert not submit.done()

    submit.cancel()

    await asyncio.gather(submit, return_exceptions=True)
    assert len((await api.ledger())["requests"]) == after_accept


async def test_an_accepted_submit_may_lack_its_request_id(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.strike(SUBMITS, 200, omit=["request_id"])

    answer = await api.submit()

    assert answer.status == 200
    assert "request_id" not in answer.body
    assert "status_url" in answer.body


async def test_an_error_may_come_with_http_200(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.strike(SUBMITS, 200, code=400002)

    answer = await api.submit()

    assert answer.status == 200
    assert answer.body == {"error_code": 400002, "error_message": "Insufficient balance."}
    assert (await api.ledger())["requests"] == []


async def test_a_body_can_be_anything(api: Caller, sandbox: RunComfySandbox) -> None:
    bodies: list[Any] = [{"code": 1, "error": "odd"}, [1], "not json"]
    for body in bodies:
        sandbox.strike(POLLS, 200, body=body)
    job = await api.accepted()

    assert (await api.call("GET", f"{job}/status")).body == {"code": 1, "error": "odd"}
    assert (await api.call("GET", f"{job}/status")).body == [1]
    with pytest.raises(ValueError, match="Expecting value"):
        await api.call("GET", f"{job}/status")


async def test_retry_after_comes_in_both_forms(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.strike(SUBMITS, 429, retry_after=7)
    sandbox.strike(SUBMITS, 429, retry_after=7, retry_after_form="date")
    sandbox.strike(SUBMITS, 429, retry_after="soon")

    headers = [(await api.submit()).headers["Retry-After"] for _ in range(3)]

    assert headers[0] == "7"
    assert 5 < parsedate_to_datetime(headers[1]).timestamp() - time.time() < 9
    assert headers[2] == "soon"


async def test_coming_back_before_retry_after_is_reported(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.strike(POLLS, 429, retry_after=60)
    job = await api.accepted()
    await api.call("GET", f"{job}/status")
    assert (await api.ledger())["suspect"] == []

    await api.call("GET", f"{job}/status")

    [suspicion] = (await api.ledger())["suspect"]
    assert suspicion["reason"] == "came back before Retry-After"


async def test_following_a_redirect_is_reported(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.strike(POLLS, "redirect", times=2)
    job = await api.accepted()
    with pytest.raises(aiohttp.ContentTypeError, match="307"):
        await api.call("GET", f"{job}/status", allow_redirects=False)
    assert (await api.ledger())["suspect"] == []

    await api.call("GET", f"{job}/status")

    [suspicion] = (await api.ledger())["suspect"]
    assert suspicion["reason"] == "followed a redirect with the API token"


async def test_an_unknown_route_is_reported(api: Caller) -> None:
    assert (await api.call("GET", "/v2/models")).status == 404
    assert (await api.call("DELETE", "/v1/requests/x/status")).status == 405

    reasons = [one["reason"] for one in (await api.ledger())["suspect"]]
    assert reasons == ["unknown route", "unknown route"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [("drop", aiohttp.ServerDisconnectedError), ("truncate", aiohttp.ClientPayloadError)],
)
async def test_a_download_can_break(
    api: Caller, sandbox: RunComfySandbox, video: str, kind: str, error: type[Exception]
) -> None:
    sandbox.strike(FILES, kind, times=None)

    with pytest.raises(error):
        await fetch(api, video)

    sandbox.state.faults.clear()
    assert (await fetch(api, video))[0] == 200


async def test_a_download_can_be_spoilt(api: Caller, sandbox: RunComfySandbox, video: str) -> None:
    _, _, honest = await fetch(api, video)
    for kind in ("slow", "empty", "garbage", "wrong_type", "html"):
        sandbox.strike(FILES, kind, seconds=0.1)
    sandbox.strike(FILES, "oversized", bytes=2_000_000)
    sandbox.strike(FILES, 403)

    assert await fetch(api, video) == (200, "video/mp4", honest)
    assert await fetch(api, video) == (200, "video/mp4", b"")
    status, content_type, garbage = await fetch(api, video)
    assert (status, content_type, b"ftyp" in garbage) == (200, "video/mp4", False)
    assert await fetch(api, video) == (200, "text/plain", honest)
    assert (await fetch(api, video))[:2] == (502, "text/html")
    status, content_type, oversized = await fetch(api, video)
    assert (status, len(oversized)) == (200, 2_000_000)
    assert oversized.startswith(honest)
    assert (await fetch(api, video))[0] == 403


async def test_the_ledger_names_the_fault_of_each_call(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.strike(POLLS, "drop", times=2)  # aiohttp itself repeats a GET once
    sandbox.strike(POLLS, 500)
    job = await api.accepted()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await api.call("GET", f"{job}/status")
    await api.call("GET", f"{job}/status")
    await api.call("GET", f"{job}/status")

    calls = [
        (call["route"], call["status"], call["fault"]) for call in (await api.ledger())["calls"]
    ]
    poll = "GET /v1/requests/{request_id}/status"
    assert calls == [
        ("POST /v1/models/{model_id}", 200, None),
        (poll, "drop", "drop"),
        (poll, "drop", "drop"),
        (poll, 500, "500"),
        (poll, 200, None),
    ]


@pytest.fixture
async def video(api: Caller) -> str:
    """Have a job done and return its video's URL."""
    job = await api.accepted(picture_uri())
    await api.move(job, "completed")
    return (await api.call("GET", f"{job}/result")).body["output"]["video"]


async def fetch(api: Caller, url: str) -> tuple[int, str, bytes]:
    """Download without the token: status, type, bytes."""
    async with api.session.get(url) as response:
        return response.status, response.content_type, await response.read()

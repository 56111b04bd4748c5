"""The control API: what a test can decide, see and wait for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runcomfy_caller import Caller


async def test_settings_are_shown_and_changed(api: Caller) -> None:
    changes = {"queue_s": [1, 2], "render_s": {"median": 90, "sigma": 0.25}, "fetch": "render"}

    answer = await api.call("POST", "/sandbox/settings", json=changes)

    assert answer.status == 200
    shown = (await api.call("GET", "/sandbox/settings")).body
    assert shown == answer.body
    assert shown | changes == shown


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("settings", {"queue_s": [2, 1]}, "smaller first"),
        ("settings", {"queue_s": "1"}, "must be a number"),
        ("settings", {"speed": 1}, "speed"),
        ("settings", {"time_scale": 0}, "time_scale"),
        ("settings", {"not_ready": 201}, "not_ready"),
        ("settings", [], "JSON object"),
        ("faults", {"status": 500}, "route"),
        ("faults", {"route": "GET /*", "status": "explode"}, "status"),
        ("faults", {"route": "GET /*", "status": 500, "time": 1}, "time"),
        ("faults", {"route": "/v1", "status": 500}, "route"),
        ("faults", {"route": "GET /*", "status": 500, "times": 0}, "times"),
        ("clock", {"advance_s": -1}, "advance_s"),
        ("requests/nobody", {"status": "failed"}, "no request nobody"),
    ],
)
async def test_a_wrong_act_is_refused_with_the_reason(
    api: Caller, path: str, body: Any, reason: str
) -> None:
    before = (await api.call("GET", "/sandbox/settings")).body

    answer = await api.call("POST", f"/sandbox/{path}", json=body)

    assert answer.status == 400
    assert reason in answer.body["error"]
    assert (await api.call("GET", "/sandbox/settings")).body == before


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"result": "text"}, "result"),
        ({"status": ["failed"]}, "status"),
        ({"expired": "no"}, "expired"),
        ({"completed_but_failed": 1}, "completed_but_failed"),
        ({"statsu": "failed"}, "statsu"),
    ],
)
async def test_a_wrong_fate_is_refused_as_a_whole(
    api: Caller, wrong: dict[str, Any], key: str
) -> None:
    job = await api.accepted()
    path = job.replace("/v1/", "/sandbox/")
    before = (await api.call("GET", path)).body

    answer = await api.call("POST", path, json={"status": "cancelled", **wrong})

    assert answer.status == 400
    assert key in answer.body["error"]
    assert (await api.call("GET", path)).body == before


async def test_a_job_can_be_made_to_fail(api: Caller) -> None:
    job = await api.accepted()

    await api.move(job, "failed", error={"reason": "content policy"})

    status, result = await both(api, job)
    assert (status["status"], status["error"]) == ("failed", {"reason": "content policy"})
    assert (result["status"], result["error"]) == ("failed", {"reason": "content policy"})


async def test_status_may_say_completed_where_the_result_says_failed(api: Caller) -> None:
    job = await api.accepted()

    path = job.replace("/v1/", "/sandbox/")
    await api.call("POST", path, json={"completed_but_failed": True, "error": "blank"})

    status, result = await both(api, job)
    assert status["status"] == "completed"
    assert (result["status"], result["error"]) == ("failed", "blank")


async def test_any_word_can_be_said_and_taken_back(api: Caller) -> None:
    job = await api.accepted()
    await api.move(job, "warming_up")
    assert [answer["status"] for answer in await both(api, job)] == ["warming_up", "warming_up"]

    await api.move(job, "in_queue")

    assert [answer["status"] for answer in await both(api, job)] == ["in_queue", "in_queue"]


async def test_a_job_can_be_stuck_backwards(api: Caller) -> None:
    """A server may say in_queue again after in_progress; cancel knows better."""
    job = await api.accepted()
    await api.move(job, "in_progress")

    await api.move(job, "in_queue")

    status = (await api.call("GET", f"{job}/status")).body
    assert status["status"] == "in_queue"
    assert "queue_position" not in status
    assert (await api.call("POST", f"{job}/cancel")).body["outcome"] == "not_cancellable"


@pytest.mark.parametrize("output", [None, {}, {"video": ""}, {"video": "http://[::1"}, "text"])
async def test_a_result_can_have_any_output(api: Caller, output: Any) -> None:
    job = await api.accepted()

    await api.move(job, "completed", output=output, result={"failure_reason": "odd"})

    _, result = await both(api, job)
    assert (result["output"], result["failure_reason"]) == (output, "odd")


async def test_a_request_can_expire(api: Caller) -> None:
    job = await api.accepted()
    await api.call("POST", job.replace("/v1/", "/sandbox/"), json={"expired": True})

    answer = await api.call("GET", f"{job}/status")

    assert (answer.status, answer.body["error_code"]) == (404, 404001)


async def test_the_ledger_keeps_inputs_and_times(api: Caller) -> None:
    job = await api.accepted()
    await api.move(job, "completed")

    [entry] = (await api.ledger())["requests"]

    assert entry["request_id"] == job.rsplit("/", 1)[-1]
    assert entry["input"]["prompt"] == "waves"
    assert entry["input"]["prompt_optimizer"] is True
    assert len(entry["input"]["image_url"]) < 300
    assert entry["accepted_at"] <= entry["started_at"] <= entry["finished_at"]


async def test_a_visitor_of_the_ledger_can_wait_for_news(api: Caller) -> None:
    version = (await api.call("GET", "/sandbox/ledger")).headers["X-Sandbox-Version"]
    waiting = asyncio.create_task(
        api.call("GET", f"/sandbox/ledger?since={version}&wait=5"), name="waiting"
    )

    await api.accepted()

    answer = await waiting
    assert int(answer.headers["X-Sandbox-Version"]) > int(version)
    assert len(answer.body["calls"]) == 1


async def test_waiting_for_news_ends_in_time(api: Caller) -> None:
    version = (await api.call("GET", "/sandbox/ledger")).headers["X-Sandbox-Version"]

    answer = await api.call("GET", f"/sandbox/ledger?since={version}&wait=0.05")

    assert answer.headers["X-Sandbox-Version"] == version


async def both(api: Caller, job: str) -> tuple[Any, Any]:
    """Ask both routes about a job."""
    return (
        (await api.call("GET", f"{job}/status")).body,
        (await api.call("GET", f"{job}/result")).body,
    )

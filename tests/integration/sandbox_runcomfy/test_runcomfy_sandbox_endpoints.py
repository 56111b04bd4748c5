"""The four endpoints of the vendor's API page, with the shapes its pages and clients show."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runcomfy_caller import Caller

    from sandbox.runcomfy import RunComfySandbox


async def test_a_submit_returns_an_id_and_absolute_urls_of_the_server_itself(api: Caller) -> None:
    answer = await api.submit()

    job = f"{api.url}/v1/requests/{answer.body['request_id']}"
    assert answer.status == 200
    assert answer.body == {
        "request_id": answer.body["request_id"],
        "status_url": f"{job}/status",
        "result_url": f"{job}/result",
        "cancel_url": f"{job}/cancel",
    }
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,128}", answer.body["request_id"])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/models/minimax/Hailuo%20Video%2001%20Live", 422001),
        ("/v1/models/minimax%2FHailuo%20Video%2001%20Live", 422001),
        ("/v1/models/minimax/Hailuo", 400001),
        ("/v1/models/minimax/Hailuo+Video+01+Live", 400001),
        ("/v1/models/minimax/Hailuo%2520Video%252001%2520Live", 400001),
        ("/v1/models/minimax/hailuo-video-01-live", 400001),
    ],
)
async def test_the_model_id_is_decoded_exactly_once(api: Caller, path: str, code: int) -> None:
    """An empty input tells the two refusals apart: the model first, then the schema."""
    answer = await api.call("POST", api.url + path, json={})

    assert (answer.status, answer.body["error_code"]) == (400, code)


@pytest.mark.parametrize("token", ["", "Bearer wrong", "sandbox-runcomfy-token"])
@pytest.mark.parametrize(("dialect", "status"), [("docs", 400), ("http", 401)])
async def test_only_the_sandbox_token_is_accepted(
    api: Caller, sandbox: RunComfySandbox, token: str, dialect: str, status: int
) -> None:
    sandbox.configure(dialect=dialect)

    answer = await api.call("GET", "/v1/requests/x/status", headers={"Authorization": token})

    assert (answer.status, answer.body["error_code"]) == (status, 400004)


async def test_the_queue_position_is_told_while_in_the_queue_only(api: Caller) -> None:
    first, second = await api.accepted(), await api.accepted()
    assert (await api.call("GET", f"{second}/status")).body["queue_position"] == 2

    await api.move(first, "in_progress")

    assert (await api.call("GET", f"{second}/status")).body["queue_position"] == 1
    started = (await api.call("GET", f"{first}/status")).body
    assert started["status"] == "in_progress"
    assert "queue_position" not in started


async def test_a_job_lives_by_the_clock(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(queue_s=100, render_s=50)
    job = await api.accepted()
    seen = []

    for seconds in (99, 2, 48, 2):
        await api.call("POST", "/sandbox/clock", json={"advance_s": seconds})
        seen.append((await api.call("GET", f"{job}/status")).body["status"])

    assert seen == ["in_queue", "in_progress", "in_progress", "completed"]


async def test_the_same_seed_gives_the_same_lengths(api: Caller, sandbox: RunComfySandbox) -> None:
    lengths = []
    for _ in range(2):
        sandbox.configure(seed=7, queue_s={"median": 30, "sigma": 1.0}, render_s=[50, 70])
        jobs = [await api.accepted() for _ in range(3)]
        generations = list(sandbox.state.farm.generations.values())[-len(jobs) :]
        lengths.append([(one.queue_s, one.render_s) for one in generations])

    assert lengths[0] == lengths[1]
    assert len(set(lengths[0])) == 3


async def test_an_hour_of_jobs_passes_in_a_moment_exactly_as_planned(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.configure(queue_s=[600, 1200], render_s=[600, 1200], time_scale=50_000)
    jobs = [await api.accepted() for _ in range(5)]

    async with asyncio.timeout(5):
        for job in jobs:
            while (await api.call("GET", f"{job}/status")).body["status"] != "completed":
                continue

    for generation in sandbox.state.farm.generations.values():
        assert generation.started_at is not None
        assert generation.finished_at is not None
        assert generation.started_at == generation.accepted_at + generation.queue_s
        assert generation.finished_at == generation.started_at + generation.render_s


async def test_a_full_farm_keeps_jobs_in_the_queue(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(queue_s=0, render_s=100, max_concurrency=1)
    first, second = await api.accepted(), await api.accepted()
    await api.call("POST", "/sandbox/clock", json={"advance_s": 50})
    assert (await api.call("GET", f"{first}/status")).body["status"] == "in_progress"
    assert (await api.call("GET", f"{second}/status")).body["status"] == "in_queue"

    await api.call("POST", "/sandbox/clock", json={"advance_s": 51})

    assert (await api.call("GET", f"{first}/status")).body["status"] == "completed"
    assert (await api.call("GET", f"{second}/status")).body["status"] == "in_progress"


async def test_a_result_before_its_time_tells_the_present_status(api: Caller) -> None:
    job = await api.accepted()

    answer = await api.call("GET", f"{job}/result")

    assert answer.status == 200
    assert answer.body["status"] == "in_queue"
    assert "output" not in answer.body


async def test_a_result_before_its_time_may_be_an_error(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.configure(not_ready="400005")

    answer = await api.call("GET", f"{await api.accepted()}/result")

    assert (answer.status, answer.body["error_code"]) == (400, 400005)


@pytest.mark.parametrize("key", ["video", "videos", "image", "images"])
async def test_all_four_output_keys_can_be_had(
    api: Caller, sandbox: RunComfySandbox, key: str
) -> None:
    sandbox.configure(output_key=key)
    job = await api.accepted()
    await api.move(job, "completed")

    answer = await api.call("GET", f"{job}/result")

    assert answer.body["status"] == "succeeded"
    assert list(answer.body["output"]) == [key]
    value = answer.body["output"][key]
    url = value[0] if key.endswith("s") else value
    assert re.fullmatch(rf"{api.url}/files/[\w=-]+/output/[\w-]+\.mp4", url)


async def test_a_result_can_tell_cost_and_input(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(cost_usd=0.5, echo_input=True, done_word="completed")
    job = await api.accepted()
    await api.move(job, "completed")

    body = (await api.call("GET", f"{job}/result?include_cost=true")).body

    assert (body["status"], body["cost"], body["input"]["prompt"]) == ("completed", 0.5, "waves")
    assert "cost" not in (await api.call("GET", f"{job}/result")).body


async def test_a_queued_job_can_be_cancelled(api: Caller) -> None:
    job = await api.accepted()

    answer = await api.call("POST", f"{job}/cancel")

    assert answer.status == 202
    assert (answer.body["status"], answer.body["outcome"]) == ("cancelled", "cancelled")
    assert (await api.call("GET", f"{job}/status")).body["status"] == "cancelled"
    assert (await api.call("GET", f"{job}/result")).body["status"] == "cancelled"


@pytest.mark.parametrize("stage", ["in_progress", "completed", "cancelled"])
async def test_cancel_is_a_no_op_once_the_queue_is_left(api: Caller, stage: str) -> None:
    job = await api.accepted()
    await api.move(job, stage)

    answer = await api.call("POST", f"{job}/cancel")

    assert answer.status == 202
    assert (answer.body["status"], answer.body["outcome"]) == (stage, "not_cancellable")
    assert (await api.call("GET", f"{job}/status")).body["status"] == stage


async def test_a_submit_may_be_answered_with_202(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(submit_status=202)

    answer = await api.submit()

    assert (answer.status, answer.body["status"]) == (202, "in_queue")


@pytest.mark.parametrize("action", ["status", "result", "cancel"])
async def test_an_unknown_request_is_404001(api: Caller, action: str) -> None:
    method = "POST" if action == "cancel" else "GET"

    answer = await api.call(method, f"/v1/requests/nobody/{action}")

    assert (answer.status, answer.body["error_code"]) == (404, 404001)


async def test_an_old_request_is_forgotten(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(request_lifetime_s=3600)
    job = await api.accepted()
    await api.move(job, "completed")
    assert (await api.call("GET", f"{job}/result")).status == 200

    await api.call("POST", "/sandbox/clock", json={"advance_s": 3601})

    assert (await api.call("GET", f"{job}/result")).body["error_code"] == 404001


async def test_the_catalog_describes_the_model(api: Caller) -> None:
    body = (await api.call("GET", "/v1/models/minimax/Hailuo%20Video%2001%20Live")).body

    assert body["required_inputs"] == ["prompt", "image_url"]
    assert body["input_schema"]["properties"]["prompt"]["maxLength"] == 1995

"""The client meets the stand-in, which states the API's rules by itself."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import TYPE_CHECKING

import av
import pytest
from PIL import Image
from pydantic import SecretStr

from hailuo.fetch import AllowedHosts, Fetcher
from hailuo.runcomfy import (
    Accepted,
    Cancelled,
    Completed,
    Failed,
    InProgress,
    InQueue,
    JobHandle,
    JobInput,
    NotCancellable,
    NotReady,
    Output,
    Refused,
    RunComfyClient,
    Status,
    errors,
)
from hailuo.runcomfy.download import download_video
from hailuo.runcomfy.rules import SIZE_RULES, broken_size_rules
from sandbox.runcomfy import MODEL_ID, TOKEN, RunComfySandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


def picture(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("L", (width, height), 90).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


@pytest.fixture
async def sandbox() -> AsyncIterator[RunComfySandbox]:
    held = {"queue_s": 10_000, "render_s": 10_000, "video_s": 0.4}
    async with RunComfySandbox(settings=held) as running:
        yield running


@pytest.fixture
async def client(sandbox: RunComfySandbox) -> AsyncIterator[RunComfyClient]:
    async with RunComfyClient(SecretStr(TOKEN), sandbox.url, MODEL_ID) as opened:
        yield opened


async def submitted(client: RunComfyClient, prompt: str = "a boat") -> JobHandle:
    outcome = await client.submit(JobInput(prompt, picture(320, 320)))
    assert isinstance(outcome, Accepted)
    return client.handle(outcome.request_id)


async def reached(handle: JobHandle, kind: type[Status]) -> Status:
    async with asyncio.timeout(10):
        while not isinstance(status := await handle.status(), kind):
            pass
    return status


@pytest.mark.parametrize("key", ["video", "videos", "image", "images"])
@pytest.mark.parametrize("dialect", ["docs", "http"])
async def test_a_job_becomes_a_video_under_every_output_key(
    sandbox: RunComfySandbox, client: RunComfyClient, tmp_path: Path, key: str, dialect: str
) -> None:
    sandbox.configure(output_key=key, dialect=dialect, queue_s=0, render_s=0, submit_status=202)
    handle = await submitted(client)
    await reached(handle, Completed)
    result = await handle.result()
    assert isinstance(result, Output)
    assert result.cost == pytest.approx(0.28)

    async def probe(path: Path) -> int:
        with av.open(str(path)) as container:
            return next(container.decode(video=0)).width

    hosts = AllowedHosts.parse([sandbox.url.removeprefix("http://")])
    async with Fetcher(hosts) as fetcher:
        video = await download_video(result, tmp_path / "v.mp4", fetcher=fetcher, probe=probe)
    assert video.info >= 320
    assert sandbox.state.ledger.suspicions == []


async def test_the_queue_tells_the_place_and_lets_a_job_go(
    sandbox: RunComfySandbox, client: RunComfyClient
) -> None:
    first, second = await submitted(client), await submitted(client)
    assert [await first.status(), await second.status()] == [InQueue(1), InQueue(2)]
    assert await second.cancel() == Cancelled()
    assert await second.cancel() == Cancelled()
    assert await second.result() == Cancelled()
    sandbox.configure(queue_s=0)
    third = await submitted(client)
    await reached(third, InProgress)
    assert await third.cancel() == NotCancellable(InProgress())


async def test_both_ways_of_not_ready_mean_keep_polling(
    sandbox: RunComfySandbox, client: RunComfyClient
) -> None:
    handle = await submitted(client)
    assert isinstance(await handle.result(), NotReady)
    sandbox.configure(not_ready="400005")
    with pytest.raises(errors.ResultNotReadyError) as caught:
        await handle.result()
    assert caught.value.retryable


@pytest.mark.parametrize("dialect", ["docs", "http"])
async def test_refusals_have_their_meaning_in_both_dialects(
    sandbox: RunComfySandbox, client: RunComfyClient, dialect: str
) -> None:
    sandbox.configure(dialect=dialect)
    outcome = await client.submit(JobInput("a" * 1996, picture(320, 320)))
    assert isinstance(outcome, Refused)
    assert isinstance(outcome.error, errors.InvalidInputError)
    for token, model, kind in (
        ("wrong", MODEL_ID, errors.AuthenticationError),
        (TOKEN, "minimax/Hailuo", errors.InvalidModelError),
    ):
        async with RunComfyClient(SecretStr(token), sandbox.url, model) as other:
            refused = await other.submit(JobInput("a boat", picture(320, 320)))
            assert isinstance(refused, Refused)
            assert type(refused.error) is kind


@pytest.mark.parametrize(
    "size", [(300, 320), (320, 300), (400, 1000), (1000, 400), (401, 1000), (301, 301), (753, 302)]
)
async def test_our_rules_and_the_stand_ins_agree(
    client: RunComfyClient, size: tuple[int, int]
) -> None:
    outcome = await client.submit(JobInput("a boat", picture(*size)))
    broken = broken_size_rules(*size)
    if not broken:
        assert isinstance(outcome, Accepted)
        return
    assert isinstance(outcome, Refused)
    texts = {rule.error.rstrip(".") for rule in SIZE_RULES if rule in broken}
    assert any(text in outcome.error.user_message for text in texts)


async def test_a_completed_job_may_have_failed(
    sandbox: RunComfySandbox, client: RunComfyClient
) -> None:
    handle = await submitted(client)
    made = sandbox.state.farm.generations[str(handle.request_id)]  # pyright: ignore[reportArgumentType]
    made.overrides.word = "completed"
    made.overrides.result_fields = {"status": "failed", "error": {"message": "NSFW"}}
    assert await handle.status() == Completed()
    assert await handle.result() == Failed("NSFW")


async def test_an_expired_request_is_gone(sandbox: RunComfySandbox, client: RunComfyClient) -> None:
    sandbox.configure(queue_s=0, render_s=0, request_lifetime_s=0.001)
    handle = await submitted(client)
    with pytest.raises(errors.RequestNotFoundError):
        await reached(handle, Cancelled)

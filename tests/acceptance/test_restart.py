"""A restart in any state goes on with the same card: nothing lost, nothing paid twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Stage, media_of, texts_of
from tests.acceptance.test_scenes import edit_hangs

if TYPE_CHECKING:
    from tests.acceptance.playground import Json

SetTheStage = Any


async def one_card(stage: Stage, says: str) -> Json:
    """Wait until the channel's only message of the bot says something."""

    async def found() -> Json | None:
        (message,) = await stage.messages()
        return message if says in texts_of(message) else None

    return await stage.until(found, f"the only card says {says!r}")


@pytest.mark.parametrize(("status", "queue"), [("in_queue", 60), ("in_progress", 0.1)])
async def test_a_job_at_the_api_is_followed_on(stage: Stage, status: str, queue: float) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[queue, queue], render_s=[60, 60])
    await stage.animate(picture())

    await stage.sent()

    async def there() -> bool:
        return [job["status"] for job in await stage.submits()] == [status]

    await stage.until(there, f"the job is {status}")
    await stage.restart()
    await stage.complete()
    card = await one_card(stage, "Done")
    assert len(media_of(card)) == 2
    assert len(await stage.submits()) == 1


async def test_an_accepted_job_is_submitted_once_after_the_restart(stage: Stage) -> None:
    """Killed while its card is being drawn: nothing was sent yet.

    The call that hangs is let go after that, or the bot would go on and might be sending by then.
    """
    await stage.discord.post("/sandbox/faults", route="PATCH /webhooks/*", times=1, status="hang")
    await stage.animate(picture())

    await edit_hangs(stage)
    stage.bot.kill()
    assert await stage.submits() == []
    await stage.discord.delete("/sandbox/faults")
    stage.bot.start()
    await one_card(stage, "Done")
    assert len(await stage.submits()) == 1


async def test_a_job_killed_inside_the_paid_request_is_unclear_and_never_sent_again(
    stage: Stage,
) -> None:
    await stage.runcomfy.post(
        "/sandbox/faults", route="POST /v1/models/*", times=1, status="hang", after_accept=True
    )
    interaction = await stage.animate(picture())

    async def taken() -> bool:
        return len(await stage.submits()) == 1

    await stage.until(taken, "the API has taken the job")
    await stage.restart()
    card = await stage.card(interaction, "Unclear")
    assert "not sent a second time" in texts_of(card)
    assert "4 of 5" in await stage.private_answer(await stage.command("quota"))
    assert len(await stage.submits()) == 1


async def test_a_video_on_its_way_here_is_fetched_again(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", render_s=[0.2, 0.2])
    await stage.runcomfy.post("/sandbox/faults", route="GET /files/*", times=1, status="hang")
    interaction = await stage.animate(picture())
    await stage.card(interaction, "Fetching")

    async def hangs() -> bool:
        return not await stage.runcomfy.get("/sandbox/faults")

    await stage.until(hangs, "the video is being fetched")
    await stage.restart()
    await one_card(stage, "Done")
    assert len(await stage.submits()) == 1


async def test_a_video_being_posted_is_posted_once(stage: Stage) -> None:
    """Killed after Discord took the video and before the bot heard of it."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.sent()
    await stage.discord.post(
        "/sandbox/faults", route="PATCH /webhooks/*", times=None, delay_s=8, after_accept=True
    )
    await stage.complete()
    await stage.card(interaction, "Done")
    stage.bot.kill()
    assert "settled " not in stage.bot.log
    await stage.discord.delete("/sandbox/faults")
    stage.bot.start()
    await stage.settled()
    card = await one_card(stage, "Done")
    assert len(media_of(card)) == 2
    assert len(await stage.submits()) == 1


@pytest.mark.parametrize("end", ["Cancelled", "Failed"])
async def test_an_end_that_could_not_be_shown_is_shown_after_the_restart(
    stage: Stage, end: str
) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    card = await stage.card_at_the_api(interaction)
    await stage.discord.post("/sandbox/faults", route="PATCH /*", times=99, status=503)
    if end == "Cancelled":
        await stage.react(card)
    else:
        (submit,) = await stage.submits()
        await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status="failed")

    async def ended_at_the_api() -> bool:
        (submit,) = await stage.submits()
        return submit["status"] in {"cancelled", "failed"}

    await stage.until(ended_at_the_api, "the job has ended")
    stage.bot.kill()
    await stage.discord.delete("/sandbox/faults")
    stage.bot.start()
    await stage.card(interaction, end)


async def test_the_buttons_of_a_card_from_before_the_restart_work(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    card = await stage.card_at_the_api(await stage.animate(picture()))
    await stage.restart()
    answer = await stage.private_answer(await stage.press(card, "Cancel"))
    assert answer == "Stopped. It was not counted."


async def test_a_settled_job_is_left_alone_by_a_restart(stage: Stage) -> None:
    await stage.card(await stage.animate(picture()), "Done")
    await stage.settled()
    (before,) = await stage.messages()
    await stage.restart()
    await stage.private_answer(await stage.command("quota"))
    (after,) = await stage.messages()
    assert len(after["history"]) == len(before["history"])


async def test_sigterm_ends_the_process_in_good_order(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    await stage.card_at_the_api(await stage.animate(picture()))
    assert stage.bot.stop() == 0
    assert "stopping" in stage.bot.log


async def test_commands_are_registered_once(stage: Stage) -> None:
    """The second start reads the commands and finds nothing to do."""
    await stage.restart()
    calls = (await stage.discord.get("/sandbox/ledger"))["calls"]
    assert len([call for call in calls if call["route"].startswith("PUT /applications")]) == 1

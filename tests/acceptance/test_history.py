"""/history: private, paged, newest first, and the way back to every video."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import av

from tests.acceptance.pictures import picture
from tests.acceptance.playground import components, media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any


async def history(stage: Stage, who: str = "alice") -> Json:
    """Open /history and return the private message."""
    interaction = await stage.command("history", who)
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][0]


async def _accepted(stage: Stage, count: int) -> None:
    """Wait until so many jobs are accepted, so that their order is certain."""

    async def enough() -> bool:
        return len(await stage.submits()) >= count

    await stage.until(enough, f"{count} jobs are at the API")


async def test_without_videos_it_says_how_to_make_one(stage: Stage) -> None:
    assert "/animate" in texts_of(await history(stage))


async def test_each_video_stands_there_with_its_picture_prompt_state_and_card(
    stage: Stage,
) -> None:
    card = await stage.card(await stage.animate(picture(), prompt="a storm"), "Done")
    await stage.settled()
    page = await history(stage)
    text = texts_of(page)
    assert "a storm" in text
    assert "Done" in text
    assert "<t:" in text
    (thumbnail,) = media_of(page)
    assert await stage.download(thumbnail["url"])
    links = [item["url"] for item in components(page) if item.get("url")]
    assert [link for link in links if link.endswith(card["id"])]
    assert [message["id"] for message in await stage.messages("bob")] == [card["id"]]


async def test_a_video_is_shown_again_to_its_member(stage: Stage) -> None:
    await stage.card(await stage.animate(picture()), "Done")
    await stage.settled()
    page = await history(stage)
    shown = await stage.press(page, "Show")

    async def file() -> Json | None:
        messages = (await stage.interaction(shown))["ephemeral"]
        return next((m["attachments"][0] for m in messages if m["attachments"]), None)

    attachment = await stage.until(file, "the video is shown")
    with av.open(io.BytesIO(await stage.download(attachment["url"]))) as container:
        assert container.streams.video[0].frames > 0


async def test_pages_turn_and_hold_nobody_elses_videos(set_the_stage: SetTheStage) -> None:
    async with set_the_stage(QUOTA_PER_USER="20", MAX_LIVE_PER_USER="20") as stage:
        await stage.animate(picture(), who="bob", prompt="of bob")
        for number in range(6):
            await stage.animate(picture(), prompt=f"number {number}")
            await _accepted(stage, number + 2)
        first = await history(stage)
        assert [n for n in range(6) if f"number {n}" in texts_of(first)] == [1, 2, 3, 4, 5]
        assert texts_of(first).index("number 5") < texts_of(first).index("number 1")
        await stage.press(first, "Older")

        async def turned() -> bool:
            mine = [m for m in await stage.messages("alice") if m["id"] == first["id"]]
            text = texts_of(mine[0])
            return "number 0" in text and "number 1" not in text and "of bob" not in text

        await stage.until(turned, "the page turns")


async def test_a_failed_job_stands_there_too(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.card_at_the_api(interaction)
    (submit,) = await stage.submits()
    await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status="failed")
    await stage.card(interaction, "Failed")
    page = await history(stage)
    assert "Failed" in texts_of(page)
    assert not [item for item in components(page) if item.get("label") == "Show"]

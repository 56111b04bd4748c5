"""/animate, from a member's picture to a posted video."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import pytest

from tests.acceptance.pictures import difference, picture
from tests.acceptance.playground import ActRefusedError, components, media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage


async def test_a_picture_becomes_a_video_in_the_same_message(stage: Stage) -> None:
    """The whole main job: one message from the answer to the video, and one paid submit."""
    given = picture()
    interaction = await stage.animate(given, prompt="the *waves* roll in")
    card = await stage.card(interaction, "Done")

    first, second = media_of(card)
    assert first["url"].partition("?")[0].endswith("/picture.png")
    assert second["url"].partition("?")[0].endswith(".mp4")
    video = await stage.download(second["url"])
    with av.open(io.BytesIO(video), "r") as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream)).to_image()
        assert stream.codec_context.name == "h264"
    assert difference(given, frame) < 12

    assert card["id"] in (await stage.interaction(interaction))["messages"]
    assert r"> the \*waves\* roll in" in texts_of(card)
    assert "1.0 s" in texts_of(card)
    (submit,) = await stage.submits()
    assert submit["input"]["prompt"] == "the *waves* roll in"
    assert submit["input"]["prompt_optimizer"] is True
    public = [message for message in await stage.messages() if message["author"].get("bot")]
    assert [message["id"] for message in public] == [card["id"]]


async def test_the_card_tells_each_stage_and_offers_cancel(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60], render_s=[60, 60])
    interaction = await stage.animate(picture())
    queued = await stage.card(interaction, "In the queue")
    assert "Place 1" in texts_of(await stage.card(interaction, "Place"))
    labels = [item["label"] for item in components(queued) if item["type"] == 2]
    assert labels == ["Cancel", "Tell me"]
    await stage.crossed(queued)
    (submit,) = await stage.submits()
    request = f"/sandbox/requests/{submit['request_id']}"
    await stage.runcomfy.post(request, status="in_progress")
    await stage.card(interaction, "Rendering")
    await stage.runcomfy.post(request, status="completed")
    done = await stage.card(interaction, "Done")
    assert not [item for item in components(done) if item.get("label") == "Cancel"]


async def test_magic_prompt_can_be_switched_off(stage: Stage) -> None:
    await stage.animate(picture(), options={"magic_prompt": False})
    (submit,) = await stage.until(stage.submits, "the API has it")
    assert submit["input"]["prompt_optimizer"] is False


async def test_it_works_in_a_thread_and_in_the_bots_dm(stage: Stage) -> None:
    for place in ("thread", "dm"):
        channel = stage.world["channels"][place]
        interaction = await stage.animate(picture(), channel=channel)
        who = "alice" if place == "dm" else "bob"

        async def done(who: str = who, channel: str = channel) -> bool:
            messages = await stage.messages(who, channel)
            return any("Done" in texts_of(message) for message in messages)

        await stage.until(done, f"a video in the {place}")
        assert (await stage.interaction(interaction))["messages"]


async def test_all_four_output_keys_are_understood(stage: Stage) -> None:
    for key in ("video", "videos", "image", "images"):
        await stage.runcomfy.post("/sandbox/settings", output_key=key)
        await stage.card(await stage.animate(picture()), "Done")


async def test_a_prompt_pings_nobody(stage: Stage) -> None:
    mod = stage.world["members"]["mod"]
    interaction = await stage.animate(picture(), prompt=f"@everyone <@{mod}> wave")
    card = await stage.card(interaction, "Done")
    for version in card["history"]:
        assert version["message"]["mentions"] == []
        assert version["message"]["mention_everyone"] is False


async def test_a_failure_at_the_api_returns_the_quota_and_says_why(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", render_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.card_at_the_api(interaction, "in_progress")
    (submit,) = await stage.submits()
    await stage.runcomfy.post(
        f"/sandbox/requests/{submit['request_id']}",
        status="failed",
        error="The *content* filter objected",
    )
    card = await stage.card(interaction, "Failed")
    text = texts_of(card)
    assert r"The \*content\* filter objected" in text
    assert "not counted" in text
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))


async def test_the_tokens_end_does_not_freeze_the_card(stage: Stage) -> None:
    """When the interaction's token dies early, the same message is edited by the bot's token."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    await stage.card_at_the_api(interaction)
    await stage.discord.post("/sandbox/settings", token_lifetime_s=0)
    await stage.complete()
    card = await stage.card(interaction, "Done")
    assert len(media_of(card)) == 2
    calls = (await stage.discord.get("/sandbox/ledger"))["calls"]
    assert len([call for call in calls if call["status"] == 401]) <= 1


async def test_too_long_a_prompt_is_stopped_by_discord_and_by_the_bot(stage: Stage) -> None:
    """The option declares its limit; a client that ignores it meets the bot's own check."""
    prompt = "x" * 1996
    with pytest.raises(ActRefusedError):
        await stage.animate(picture(), prompt=prompt)
    answer = await stage.private_answer(
        await stage.animate(picture(), prompt=prompt, unchecked=True)
    )
    assert "1995" in answer
    assert "1996" in answer
    await stage.animate(picture(), prompt="x" * 1995)
    assert len(await stage.until(stage.submits, "the API has it")) == 1

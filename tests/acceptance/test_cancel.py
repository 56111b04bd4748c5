"""Cancelling: by button or ❌, by the requester or a moderator, honestly in every stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.forms import rows
from tests.acceptance.pictures import picture
from tests.acceptance.playground import PATIENCE_S, Stage, components, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json

SetTheStage = Any


async def queued(stage: Stage, who: str = "alice") -> Json:
    """Return the card of a job that waits in the API's queue and will for long."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture(), who=who)
    return await stage.card_at_the_api(interaction)


async def rendering(stage: Stage) -> Json:
    """Return the card of a job that renders until it is said to be completed."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1], render_s=[60, 60])
    interaction = await stage.animate(picture())
    return await stage.card_at_the_api(interaction, "in_progress")


async def shows(stage: Stage, card: Json, words: str, within: float = PATIENCE_S) -> Json:
    """Wait until that message says something."""

    async def found() -> Json | None:
        messages = await stage.messages()
        return next((m for m in messages if m["id"] == card["id"] and words in texts_of(m)), None)

    return await stage.until(found, f"the card says {words!r}", within)


async def wish_is_noted(stage: Stage) -> None:
    """Wait until the bot's own store has the wish to cancel: a reaction has no answer to wait for.

    Its event is handled beside those that come after it, so that their answers show nothing.
    """

    async def noted() -> bool:
        return rows(stage, "SELECT count(*) FROM jobs WHERE cancel_asked_at IS NOT NULL") == [(1,)]

    await stage.until(noted, "the wish is noted")


@pytest.mark.parametrize("who", ["alice", "mod"])
@pytest.mark.parametrize("by", ["button", "reaction"])
async def test_a_queued_job_is_stopped_and_not_counted(stage: Stage, who: str, by: str) -> None:
    card = await queued(stage)
    if by == "button":
        answer = await stage.private_answer(await stage.press(card, "Cancel", who))
        assert answer == "Stopped. It was not counted."
    else:
        await stage.react(card, who)
    ended = await shows(stage, card, "Cancelled")
    assert "not counted" in texts_of(ended)
    labels = {item.get("label") for item in components(ended)}
    assert not labels & {"Cancel", "Tell me"}
    (submit,) = await stage.submits()
    assert submit["status"] == "cancelled"
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))


@pytest.mark.parametrize("by", ["button", "reaction"])
async def test_a_stranger_changes_nothing(stage: Stage, by: str) -> None:
    card = await queued(stage)
    if by == "button":
        answer = await stage.private_answer(await stage.press(card, "Cancel", "bob"))
        assert "Only the member who asked" in answer
    else:
        await stage.react(card, "bob")
        # What comes after it in the same stream of events was handled after it.
        await stage.private_answer(await stage.command("quota", "bob"))
    job = (await stage.submits())[0]
    assert job["status"] == "in_queue"
    calls = (await stage.runcomfy.get("/sandbox/ledger"))["calls"]
    assert not [call for call in calls if call["route"].endswith("/cancel")]


async def test_who_moderates_one_place_cancels_nothing_of_another(stage: Stage) -> None:
    """A button's custom id is its sender's word, and may name a job that they cannot see."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    await stage.animate(picture(), options={"private": True})
    await stage.until(stage.submits, "the API has it")
    (card,) = await stage.messages("alice", channel="dm")
    (cancel,) = [item for item in components(card) if item.get("label") == "Cancel"]
    forged = await stage.post_as_bot(cancel["custom_id"])
    pressed = await stage.press_id(forged, cancel["custom_id"], who="mod")
    answer = await stage.private_answer(pressed)
    assert answer == "This bot does not know that job any more. Nothing was changed."
    assert (await stage.submits())[0]["status"] == "in_queue"
    answer = await stage.private_answer(await stage.press_id(forged, cancel["custom_id"]))
    assert answer == "Stopped. It was not counted."


async def test_another_reaction_changes_nothing(stage: Stage) -> None:
    card = await queued(stage)
    await stage.react(card, "alice", "👍")
    await stage.private_answer(await stage.command("quota"))
    assert (await stage.submits())[0]["status"] == "in_queue"


async def test_a_rendering_job_finishes_and_counts_and_says_so(stage: Stage) -> None:
    card = await rendering(stage)
    answer = await stage.private_answer(await stage.press(card, "Cancel"))
    assert answer == "It is already rendering, so it will finish, and it counts."
    await stage.complete()
    assert "so it finished and counts" in texts_of(await shows(stage, card, "Done"))
    await stage.settled()
    assert "4 of 5" in await stage.private_answer(await stage.command("quota"))


async def test_the_word_on_a_cancel_is_said_again_where_discord_did_not_answer(
    stage: Stage,
) -> None:
    """Else the member would hear instead that nothing was counted, which is no word on the job."""
    card = await rendering(stage)
    await stage.discord.post("/sandbox/faults", route="POST /webhooks/*", times=1, status="drop")
    answer = await stage.private_answer(await stage.press(card, "Cancel"))
    assert "it will finish, and it counts" in answer


async def test_a_reaction_on_a_rendering_job_is_answered_on_the_card(stage: Stage) -> None:
    card = await rendering(stage)
    await stage.react(card)
    await wish_is_noted(stage)
    await stage.complete()
    assert "so it finished and counts" in texts_of(await shows(stage, card, "Done"))


async def test_a_job_is_stopped_before_anything_is_sent(stage: Stage) -> None:
    """While the card is being drawn nothing was paid for, so a cancel is free."""
    # Only this delay holds the job back: the wish has to be noted before it is over.
    await stage.discord.post("/sandbox/faults", route="PATCH /webhooks/*", times=1, delay_s=8)
    interaction = await stage.animate(picture())

    await stage.accepted()
    messages = (await stage.interaction(interaction))["messages"]
    await stage.react({"id": messages[0]})
    await wish_is_noted(stage)
    card = await stage.card(interaction, "Cancelled")
    assert "not counted" in texts_of(card)
    assert await stage.submits() == []


async def test_a_finished_job_says_that_it_finished_first(stage: Stage) -> None:
    """A button from a card as it stood a moment ago may arrive after the end."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1], render_s=[0.1, 0.1])
    await stage.runcomfy.post("/sandbox/faults", route="GET /files/*", times=None, status=503)
    interaction = await stage.animate(picture())
    card = await stage.card(interaction, "Fetching")
    answer = await stage.private_answer(await stage.press(card, "Cancel"))
    assert "finished first" in answer
    await stage.runcomfy.delete("/sandbox/faults")
    await shows(stage, card, "Done", 2 * PATIENCE_S)


async def test_the_buttons_of_every_live_card_work_after_another_job_has_ended(
    set_the_stage: SetTheStage,
) -> None:
    """Drawing one card's end must not take another card's buttons away."""
    async with set_the_stage() as stage:
        await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
        first = await stage.card_at_the_api(await stage.animate(picture()))
        await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1])
        await stage.card(await stage.animate(picture(), who="bob"), "Done")
        answer = await stage.private_answer(await stage.press(first, "Cancel"))
        assert answer == "Stopped. It was not counted."


async def test_the_bot_takes_its_own_cross_away_at_the_end(stage: Stage) -> None:
    card = await queued(stage)
    await stage.crossed(card)
    await stage.press(card, "Cancel")
    await shows(stage, card, "Cancelled")

    async def cross_is_gone() -> bool:
        messages = await stage.messages()
        return not next(m for m in messages if m["id"] == card["id"]).get("reactions")

    await stage.until(cross_is_gone, "the ❌ goes")


async def test_where_the_bot_may_not_react_the_button_is_enough(stage: Stage) -> None:
    await stage.discord.post(
        "/sandbox/permissions",
        who="bot",
        channel=stage.channel,
        allow=[],
        deny=["ADD_REACTIONS"],
    )
    card = await queued(stage)
    assert not card.get("reactions")
    await stage.press(card, "Cancel")
    await shows(stage, card, "Cancelled")
    assert (await stage.discord.get("/sandbox/world"))["invalid_requests"] == 0


async def test_a_cancel_that_the_api_does_not_answer_loses_nothing(stage: Stage) -> None:
    """The job is followed on and delivered though the cancel call fails for good."""
    await stage.runcomfy.post("/sandbox/faults", route="POST /v1/requests/*", times=99, status=400)
    card = await queued(stage)
    await stage.react(card)

    async def refused() -> bool:
        calls = (await stage.runcomfy.get("/sandbox/ledger"))["calls"]
        return any(call["path"].endswith("/cancel") and call["status"] == 400 for call in calls)

    await stage.until(refused, "the API is asked to cancel, and refuses")
    await stage.complete()
    await shows(stage, card, "Done")


async def test_a_result_that_wavers_loses_no_video(stage: Stage) -> None:
    """While the video is fetched, "not ready" is no verdict."""
    await stage.runcomfy.post("/sandbox/faults", route="GET /files/*", times=4, status=503)
    interaction = await stage.animate(picture())
    await stage.card(interaction, "Done", within=2 * PATIENCE_S)

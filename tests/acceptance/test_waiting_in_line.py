"""Waiting is fair: what may not begin yet waits in line, in sight of its member, and begins."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.acceptance.forms import files_of, private_message
from tests.acceptance.pictures import picture
from tests.acceptance.playground import media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any

BUSY_S = 5
"""After so long the API may be asked again whether it has room."""


async def prompts(stage: Stage) -> list[str]:
    """Return what the API was asked for, in order."""
    return [submit["input"]["prompt"] for submit in await stage.submits()]


async def at_the_api(stage: Stage, *expected: str) -> None:
    """Wait until the API has these jobs, and show that it has no other."""

    async def there() -> bool:
        return len(await prompts(stage)) >= len(expected)

    await stage.until(there, f"the API has {expected}")
    assert await prompts(stage) == list(expected)


async def turned_away(stage: Stage) -> bool:
    """Tell whether the API has said "later" to somebody."""
    return "the API takes no more" in stage.bot.log


async def ends(stage: Stage, prompt: str) -> None:
    """Let a job that is at the API be done."""
    (mine,) = [one for one in await stage.submits() if one["input"]["prompt"] == prompt]
    await stage.runcomfy.post(f"/sandbox/requests/{mine['request_id']}", status="completed")


async def the_card(stage: Stage, prompt: str, says: str) -> Json:
    """Wait until the card of a prompt says something."""

    async def found() -> Json | None:
        for message in await stage.messages():
            text = texts_of(message)
            if f"> {prompt}" in text and says in text:
                return message
        return None

    return await stage.until(found, f"the card of {prompt!r} says {says!r}")


async def test_in_a_full_server_members_take_turns_in_line(set_the_stage: SetTheStage) -> None:
    """One may run. Of two by alice and one by bob, his goes before her second."""
    async with set_the_stage(MAX_LIVE_PER_SERVER="1", MAX_LIVE_PER_USER="4") as stage:
        await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
        await stage.animate(picture(), prompt="alice one")
        await at_the_api(stage, "alice one")
        await stage.animate(picture(), prompt="alice two")
        card = await the_card(stage, "alice two", "Place 1 in line")
        assert "Waiting in line" in texts_of(card)
        assert len(media_of(card)) == 1
        await stage.animate(picture(), prompt="bob one", who="bob")
        await the_card(stage, "bob one", "Place 1 in line")
        await the_card(stage, "alice two", "Place 2 in line")
        await stage.animate(picture(), prompt="alice three")
        third = await the_card(stage, "alice three", "Place 3 in line")
        assert "mentioned" in await stage.private_answer(await stage.press(third, "Tell me"))
        quota = await stage.private_answer(await stage.command("quota"))
        assert "2 of 5" in quota
        assert "Of these, in line: 2." in quota
        assert "makes 1 of at most 1" in quota
        assert "In its line: 3." in quota

        # A restart keeps the line, and what was asked of it; links of pictures die meanwhile.
        await stage.discord.post("/sandbox/settings", cdn_lifetime_s=1)
        await stage.restart()
        second = await the_card(stage, "alice two", "Place 2 in line")
        answer = await stage.private_answer(await stage.press(second, "Cancel"))
        assert answer == "Stopped. It was not counted."
        await the_card(stage, "alice two", "Cancelled")
        await the_card(stage, "alice three", "Place 2 in line")
        quota = await stage.private_answer(await stage.command("quota"))
        assert "3 of 5" in quota

        await stage.discord.post("/sandbox/settings", cdn_lifetime_s=600)
        await ends(stage, "alice one")
        await at_the_api(stage, "alice one", "bob one")
        await the_card(stage, "alice three", "Place 1 in line")
        await ends(stage, "bob one")
        await at_the_api(stage, "alice one", "bob one", "alice three")
        await the_card(stage, "alice one", "Done")
        await the_card(stage, "alice three", "will be told when it is done")
        third = await the_card(stage, "alice three", "In the queue")
        await stage.react(third, "alice")
        await the_card(stage, "alice three", "Cancelled")


async def test_whose_card_is_deleted_in_line_begins_nothing(set_the_stage: SetTheStage) -> None:
    """The picture went with it, so the API would be paid for a job that cannot succeed."""
    async with set_the_stage(MAX_LIVE_PER_SERVER="1") as stage:
        await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
        await stage.animate(picture(), prompt="first")
        await at_the_api(stage, "first")
        await stage.animate(picture(), prompt="second", who="bob")
        second = await the_card(stage, "second", "Place 1 in line")
        await stage.discord.delete(f"/sandbox/messages/{second['id']}", **{"as": "mod"})
        await ends(stage, "first")
        await stage.settled(2)
        calls = (await stage.runcomfy.get("/sandbox/ledger"))["calls"]
        assert sum(call["method"] == "POST" for call in calls) == 1, "not even tried"
        assert "**5 of 5**" in await stage.private_answer(await stage.command("quota", "bob"))


async def test_whom_the_api_has_no_room_for_waits_as_long_as_it_says(
    set_the_stage: SetTheStage,
) -> None:
    """Nobody is sent before, first in line goes first, and ❌ works there too."""
    async with set_the_stage(MAX_LIVE_PER_USER="4") as stage:
        await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
        await stage.runcomfy.post(
            "/sandbox/faults", route="POST /v1/models/*", times=None, status=429, retry_after=BUSY_S
        )
        await stage.animate(picture(), prompt="first")
        await stage.until(lambda: turned_away(stage), "the API has no room")
        await stage.animate(picture(), prompt="second", who="bob")
        await stage.animate(picture(), prompt="third")
        await the_card(stage, "first", "Place 1 in line. RunComfy is busy")
        third = await the_card(stage, "third", "Place 3 in line. RunComfy is busy")
        await stage.react(third)
        third = await the_card(stage, "third", "Cancelled")
        assert await prompts(stage) == []
        await stage.runcomfy.delete("/sandbox/faults")
        await at_the_api(stage, "first", "second")
        # Cancelling so costs nothing, so it must leave nothing: Again takes the card's picture.
        await stage.settled()
        assert files_of(stage, third) == []
        ask = await private_message(stage, await stage.press(third, "Again"))
        assert "> third" in texts_of(ask)
        ledger = await stage.runcomfy.get("/sandbox/ledger")
        posts = [call for call in ledger["calls"] if call["method"] == "POST"]
        sent = [datetime.fromisoformat(call["at"]) for call in posts]
        assert len(sent) >= 3
        for refused, next_try in pairwise(sent[:-1]):  # the last follows where the API has room
            assert next_try - refused >= timedelta(seconds=BUSY_S)
        assert ledger["suspect"] == []
        for prompt in ("first", "second"):
            await the_card(stage, prompt, "In the queue")

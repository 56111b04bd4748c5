"""SIGTERM at any moment of a command: an answer, or a job that goes on after the restart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage

PICTURE_LOADS = "GET /ephemeral-attachments/*"


@pytest.mark.parametrize("count", [1, 6])
async def test_who_waits_for_their_picture_is_told_to_try_again(stage: Stage, count: int) -> None:
    """Between the acknowledgement and the job: nobody is left with a card that thinks for ever."""
    await stage.discord.post("/sandbox/faults", route=PICTURE_LOADS, times=None, status="hang")
    interactions = [await stage.animate(picture()) for _ in range(count)]

    async def acknowledged() -> bool:
        return all([(await stage.interaction(each))["answered"] for each in interactions])

    await stage.until(acknowledged, "the commands are acknowledged")
    assert await asyncio.to_thread(stage.bot.stop) == 0
    for interaction in interactions:
        assert "is restarting. Nothing was counted" in await stage.private_answer(interaction)
    assert await stage.messages() == []
    assert not [path for path in (stage.bot.folder / "incoming").iterdir() if path.is_file()]


async def test_what_was_accepted_while_the_bot_stops_goes_on_after_it(stage: Stage) -> None:
    """A SIGTERM right after each command: each command has its video or its sentence."""
    interactions: list[str] = []
    for _ in range(2):
        interactions.append(await stage.animate(picture()))
        assert await asyncio.to_thread(stage.bot.stop) == 0
        stage.bot.start()
        await stage.bot_is_ready()

    async def settled() -> bool:
        return all([await _outcome(stage, interaction) for interaction in interactions])

    await stage.until(settled, "every command comes to its end")


async def test_a_bot_that_is_still_starting_stops(stage: Stage) -> None:
    """Discord does not answer it yet; nobody can be sure that it ever will."""
    assert await asyncio.to_thread(stage.bot.stop) == 0
    commands = "GET /applications/*/commands"
    await stage.discord.post("/sandbox/faults", route=commands, times=None, status="hang")
    stage.bot.start()

    async def registering() -> bool:
        calls = (await stage.discord.get("/sandbox/ledger", route=commands))["calls"]
        return bool(calls) and calls[-1]["status"] is None

    await stage.until(registering, "it asks for its commands")
    assert await asyncio.to_thread(stage.bot.stop) == 0


async def _outcome(stage: Stage, interaction: str) -> bool:
    found = await stage.interaction(interaction)
    if found["failed"]:
        return True  # never acknowledged: the member's client says that the bot did not respond
    told = any("is restarting" in texts_of(message) for message in found["ephemeral"])
    cards = [card for card in await stage.messages() if card["id"] in found["messages"]]
    return told or any(len(media_of(card)) == 2 for card in cards)

"""Who may cancel, by what, in which stage: every combination, several jobs at once."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.forms import rows
from tests.acceptance.pictures import picture
from tests.acceptance.playground import PATIENCE_S, components, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any

COMBINATIONS = list(itertools.product(("alice", "mod", "bob"), ("button", "reaction")))
STOPPED = "Stopped. It was not counted."
FINISHES = "It is already rendering, so it will finish, and it counts."
FINISHED = "It finished first, so it counts; the video is on its way or here."
ANSWERS = {
    "submitting": STOPPED,
    "in_queue": STOPPED,
    "in_progress": FINISHES,
    "fetching": FINISHED,
    "delivering": FINISHED,
}
ROOM = {"QUOTA_PER_USER": "50", "MAX_LIVE_PER_USER": "50", "MAX_LIVE_PER_SERVER": "50"}


async def hold_in(stage: Stage, state: str) -> None:
    """Arrange the services so that jobs stay in a state for longer than it takes to try it."""
    queue, render = 0.1, 0.1
    if state == "submitting":
        await stage.runcomfy.post(
            "/sandbox/faults", route="POST /v1/models/*", times=6, status=429, retry_after=4
        )
        queue = 60
    elif state == "in_queue":
        queue = 60
    elif state in {"in_progress", "delivering"}:
        render = 60
    elif state == "fetching":
        await stage.runcomfy.post("/sandbox/faults", route="GET /files/*", times=None, status=503)
    await stage.runcomfy.post(
        "/sandbox/settings", queue_s=[queue, queue], render_s=[render, render]
    )


async def card_of(stage: Stage, interaction: str) -> Json:
    """Return an interaction's card once it has its Cancel button."""

    async def drawn() -> Json | None:
        ids = set((await stage.interaction(interaction))["messages"])
        for message in await stage.messages():
            labels = [item.get("label") for item in components(message)]
            if message["id"] in ids and "Cancel" in labels:
                return message
        return None

    return await stage.until(drawn, "the card is drawn")


async def arrived(stage: Stage, state: str) -> None:
    """Wait until all jobs are in the state that it is to be tried in."""
    if state == "submitting":
        return
    if state == "delivering":
        await all_deliver(stage)
        return
    if state == "fetching":
        await recorded(stage, state)
        return

    async def all_there() -> bool:
        states = [submit["status"] for submit in await stage.submits()]
        return states == [state] * len(COMBINATIONS)

    await stage.until(all_there, f"all jobs are {state}")


async def recorded(stage: Stage, state: str) -> None:
    """Wait until the bot has found all jobs in this state, which may be after they came to it."""

    async def all_found() -> bool:
        return rows(stage, "SELECT state FROM jobs") == [(state,)] * len(COMBINATIONS)

    await stage.until(all_found, f"all jobs are {state}")


async def all_deliver(stage: Stage) -> None:
    """Have all videos ready at once, and Discord answer nothing when they are posted."""

    async def all_sent() -> bool:
        return len(await stage.submits()) == len(COMBINATIONS)

    await stage.until(all_sent, "all jobs are at the API")
    await stage.discord.post("/sandbox/faults", route="PATCH /*", times=None, status="hang")
    await stage.complete()
    await recorded(stage, "delivering")


@pytest.mark.parametrize(
    "state", ["submitting", "in_queue", "in_progress", "fetching", "delivering"]
)
async def test_requester_and_moderator_may_cancel_and_a_stranger_may_not(
    set_the_stage: SetTheStage, state: str
) -> None:
    async with set_the_stage(**ROOM) as stage:
        await hold_in(stage, state)
        interactions = [await stage.animate(picture()) for _ in COMBINATIONS]
        cards = [await card_of(stage, interaction) for interaction in interactions]
        await arrived(stage, state)

        async def act(card: Json, who: str, by: str) -> str:
            if by == "reaction":
                await stage.react(card, who)
                return ""
            return await stage.private_answer(await stage.press(card, "Cancel", who))

        answers = await asyncio.gather(
            *(act(card, *how) for card, how in zip(cards, COMBINATIONS, strict=True))
        )
        # What comes after the reactions in the same stream of events is handled after them.
        await stage.private_answer(await stage.command("quota"))
        await stage.discord.delete("/sandbox/faults")
        await stage.runcomfy.delete("/sandbox/faults")
        if state == "in_progress":
            await stage.complete()
        stoppable = state in {"submitting", "in_queue"}
        for answer, card, (who, by) in zip(answers, cards, COMBINATIONS, strict=True):
            allowed = who != "bob"
            if by == "button":
                assert _honest(answer, state, allowed=allowed), (who, answer)
            end = "Cancelled" if allowed and stoppable else "Done"
            if end == "Done" and stoppable:
                continue  # a stranger's try: the job goes on waiting
            await _shows(stage, card, end)
        if stoppable:
            await stage.until(lambda: _only_strangers_wait(stage), "the strangers' jobs wait")


def _honest(answer: str, state: str, *, allowed: bool) -> bool:
    if not allowed:
        return "Only the member who asked" in answer
    return answer == ANSWERS[state]


async def _only_strangers_wait(stage: Stage) -> bool:
    """Tell whether the jobs that a stranger tried are all that is left at the API."""
    statuses = [submit["status"] for submit in await stage.submits()]
    return statuses.count("in_queue") == 2 and set(statuses) <= {"in_queue", "cancelled"}


async def _shows(stage: Stage, card: Json, words: str) -> None:
    async def found() -> bool:
        (mine,) = [m for m in await stage.messages() if m["id"] == card["id"]]
        return words in texts_of(mine)

    await stage.until(found, f"the card says {words!r}", within=2 * PATIENCE_S)

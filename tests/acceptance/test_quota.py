"""Quotas, caps and the operator's pause."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.acceptance.pictures import picture
from tests.acceptance.playground import texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage

SetTheStage = Any


async def outcomes(stage: Stage, count: int) -> tuple[int, list[str]]:
    """Use /animate ``count`` times at once; return how many were accepted, and the refusals."""
    given = picture()
    interactions = await asyncio.gather(*(stage.animate(given) for _ in range(count)))

    async def settled() -> list[str] | None:
        answers: list[str] = []
        for interaction in interactions:
            found = await stage.interaction(interaction)
            private = [texts_of(message) for message in found["ephemeral"]]
            answers.append(private[0] if private else "")
        running = len(await stage.submits())
        return answers if running + sum(map(bool, answers)) == count else None

    answers = await stage.until(settled, "every command is accepted or refused")
    return len(await stage.submits()), [answer for answer in answers if answer]


async def test_of_20_simultaneous_commands_exactly_the_quota_is_accepted(
    set_the_stage: SetTheStage,
) -> None:
    async with set_the_stage(QUOTA_PER_USER="5", MAX_LIVE_PER_USER="20") as stage:
        await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
        accepted, refusals = await outcomes(stage, 20)
        assert accepted == 5
        assert len(refusals) == 15
        assert all("used all your videos (5 in 24 h)" in refusal for refusal in refusals)


async def test_of_20_simultaneous_commands_exactly_two_run_by_default(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    accepted, refusals = await outcomes(stage, 20)
    assert accepted == 2
    assert all("2 running" in refusal for refusal in refusals)


async def test_an_exhausted_quota_is_refused_with_the_time_it_frees_up(
    set_the_stage: SetTheStage,
) -> None:
    async with set_the_stage(QUOTA_PER_USER="1") as stage:
        await stage.animate(picture())
        await stage.accepted()
        answer = await stage.private_answer(await stage.animate(picture()))
        assert "used all your videos (1 in 24 h)" in answer
        assert "<t:" in answer
        quota = await stage.private_answer(await stage.command("quota"))
        assert "0 of 1" in quota
        assert "<t:" in quota
        await stage.animate(picture(), who="bob")
        await stage.accepted(2)


async def test_the_day_is_capped_over_all_members(set_the_stage: SetTheStage) -> None:
    async with set_the_stage(MAX_JOBS_PER_DAY="1") as stage:
        await stage.animate(picture())
        await stage.accepted()
        answer = await stage.private_answer(await stage.animate(picture(), who="bob"))
        assert "as many videos as it may in a day" in answer


async def test_the_operator_pauses_and_resumes_and_nobody_else_can(stage: Stage) -> None:
    me = stage.world["members"]["bot"]

    async def say(who: str, word: str) -> None:
        await stage.discord.post(
            "/sandbox/messages", **{"as": who}, channel=stage.channel, content=f"<@{me}> {word}"
        )

    async def said(word: str) -> bool:
        return any(word in texts_of(message) for message in await stage.messages())

    await say("alice", "pause")
    await say("owner", "pause")
    await stage.until(lambda: said("Paused"), "the bot has paused")
    assert "paused" in await stage.private_answer(await stage.animate(picture()))
    assert "paused" in await stage.private_answer(await stage.command("quota"))
    await say("owner", "resume")
    await stage.until(lambda: said("Resumed"), "the bot has resumed")
    await stage.animate(picture())
    await stage.until(stage.submits, "a video is begun")
    answers = [m for m in await stage.messages() if "aused" in texts_of(m) and m["author"]["bot"]]
    assert len(answers) == 1


async def test_the_same_interaction_delivered_twice_is_one_job(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", render_s=[1, 1])
    interaction = await stage.animate(picture())
    for _ in range(5):
        await stage.discord.post(f"/sandbox/interactions/{interaction}/redeliver")
    await stage.card(interaction, "Done")
    assert len(await stage.submits()) == 1

"""What happens to the connection and to single calls: nothing is lost, posted twice or missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Stage, components, media_of, texts_of
from tests.acceptance.test_surface import delivered_once, rendering

if TYPE_CHECKING:
    from tests.acceptance.playground import Json

SetTheStage = Any

RECONNECTS_WITHIN_S = 90
"""discord.py pauses longer after each try that failed: the fifth time for up to half a minute."""


async def queued(stage: Stage) -> Json:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    return await stage.card_at_the_api(await stage.animate(picture()))


async def gateway(stage: Stage, **what: Any) -> None:
    await stage.discord.post("/sandbox/gateway", **what)


async def is_connected(stage: Stage, connected: bool = True) -> None:
    async def so() -> bool:
        return (await stage.discord.get("/sandbox/world"))["connected"] is connected

    await stage.until(so, f"connected is {connected}", RECONNECTS_WITHIN_S)


async def lose_session(stage: Stage) -> None:
    """Cut the bot off for good, once its first session has begun and been read after."""

    async def began() -> bool:
        return "invite the bot" in stage.bot.log

    await stage.until(began, "the first session begins")
    await gateway(stage, down=True)
    await gateway(stage, action="invalidate")
    await is_connected(stage, connected=False)


async def the_job_is(stage: Stage, status: str) -> None:
    async def so() -> bool:
        return (await stage.submits())[0]["status"] == status

    await stage.until(so, f"the API says {status}")


async def test_a_cross_set_while_the_session_was_lost_cancels(set_the_stage: SetTheStage) -> None:
    """Events between two sessions are not replayed, so the card itself is asked."""
    async with set_the_stage(unexpected_errors=True) as stage:  # discord.py shows the cut
        card = await queued(stage)
        await stage.react(card, "bob")
        await lose_session(stage)
        await stage.react(card, "mod")
        await gateway(stage, down=False)
        await is_connected(stage)
        await the_job_is(stage, "cancelled")
        await stage.settled()
        assert "Stopped by" in texts_of((await stage.messages())[0])


async def test_a_strangers_missed_cross_changes_nothing(set_the_stage: SetTheStage) -> None:
    async with set_the_stage(unexpected_errors=True) as stage:  # discord.py shows the cut
        card = await queued(stage)
        await lose_session(stage)
        await stage.react(card, "bob")
        await gateway(stage, down=False)
        await is_connected(stage)

        async def was_read() -> bool:
            calls = (await stage.discord.get("/sandbox/ledger", route="GET /guilds/*"))["calls"]
            return any("members" in call["route"] and call["status"] == 200 for call in calls)

        await stage.until(was_read, "the bot looks at who reacted")
        await the_job_is(stage, "in_queue")


async def test_a_start_without_gateway_still_delivers_and_connects_when_it_is_back(
    set_the_stage: SetTheStage,
) -> None:
    """Whatever the bot sends goes by REST, so live jobs wait for no gateway."""
    async with set_the_stage(unexpected_errors=True) as stage:  # discord.py shows its attempts
        card = await queued(stage)
        stage.bot.stop()
        await gateway(stage, down=True)
        stage.bot.start()
        await stage.complete()
        await stage.settled()
        (done,) = await stage.messages()
        assert done["id"] == card["id"]
        assert len(media_of(done)) == 2
        await is_connected(stage, connected=False)
        await gateway(stage, down=False)
        await is_connected(stage)
        await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1])
        await stage.card(await stage.animate(picture()), "Done")


@pytest.mark.parametrize("action", ["drop", "reconnect", "malformed"])
async def test_the_bot_outlives_its_connection(stage: Stage, action: str) -> None:
    """After each, an event reaches the bot and the same process answers."""
    card = await queued(stage)
    await gateway(stage, action=action)
    await stage.react(card)
    await the_job_is(stage, "cancelled")
    await stage.settled()
    assert stage.bot.log.count("worker started") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "scope": "user", "retry_after": 0.3},
        {"status": 429, "scope": "shared", "retry_after": 0.3},
        {"status": 429, "scope": "global", "retry_after": 0.3},
        {"status": 429, "via": False, "retry_after": 0.3},
    ],
    ids=["user", "shared", "global", "before_discord"],
)
async def test_rate_limits_delay_the_video_and_lose_nothing(
    stage: Stage, fault: dict[str, Any]
) -> None:
    await rendering(stage)
    await stage.discord.post("/sandbox/faults", route="PATCH /*", times=1, **fault)
    message = await delivered_once(stage, stage.channel)
    assert len(media_of(message)) == 2
    assert (await stage.discord.get("/sandbox/world"))["invalid_requests"] <= 2


async def test_a_picture_gone_before_the_api_fetched_it_costs_nothing_and_is_said(
    stage: Stage,
) -> None:
    await stage.runcomfy.post(
        "/sandbox/settings", fetch="render", queue_s=[600, 600], render_s=[1, 1]
    )
    card = await stage.card_at_the_api(await stage.animate(picture()))
    await stage.discord.delete(f"/sandbox/messages/{card['id']}", **{"as": "mod"})
    (submit,) = await stage.submits()
    await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status="in_progress")
    await stage.settled()
    (told,) = await stage.messages()
    assert told["id"] != card["id"]
    assert "not counted" in texts_of(told)
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))


async def test_tell_me_mentions_its_presser_once_and_nobody_else_may_press_it(
    stage: Stage,
) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    interaction = await stage.animate(picture())
    await stage.card_at_the_api(interaction)
    card = await stage.card(interaction, "In the queue")
    assert "Only the member" in await stage.private_answer(
        await stage.press(card, "Tell me", "bob")
    )
    assert "mentioned" in await stage.private_answer(await stage.press(card, "Tell me"))
    await stage.complete()
    await stage.settled()
    done, told = await stage.messages("mod")
    assert [user["username"] for user in told["mentions"]] == ["alice"]
    assert done["mentions"] == []
    assert told["message_reference"]["message_id"] == done["id"]
    assert not [item for item in components(done) if item.get("label") == "Tell me"]

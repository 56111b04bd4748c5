"""A job whose fate nobody knows: its operator is told, decides, and the member gets their due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Stage, media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json


async def unclear(stage: Stage) -> tuple[str, str]:
    """Lose the answer to a paid request; return the interaction and the job's id."""
    await stage.runcomfy.post(
        "/sandbox/faults", route="POST /v1/models/*", times=1, status="drop", after_accept=True
    )
    interaction = await stage.animate(picture())
    await stage.card(interaction, "Unclear")
    told = await stage.until(lambda: to_operator(stage), "the operator is told")
    assert len(told) == 1
    return interaction, told[0]["content"].split("`")[1]


async def to_operator(stage: Stage) -> list[Json]:
    """Return the messages that the operator got in private."""
    dms = (await stage.discord.get("/sandbox/world"))["dms"]
    return await stage.messages("owner", dms["owner"]) if "owner" in dms else []


async def say(stage: Stage, words: str, who: str = "owner") -> str:
    """Mention the bot with a command; return its reply."""
    before = {message["id"] for message in await stage.messages()}
    bot = stage.world["members"]["bot"]
    await stage.discord.post(
        "/sandbox/messages",
        **{"as": who},
        channel=stage.channel,
        content=f"<@{bot}> {words}",
    )

    async def replied() -> str:
        for message in await stage.messages():
            if message["id"] not in before and message["author"]["id"] == bot:
                return texts_of(message)
        return ""

    return await stage.until(replied, "the bot replies")


async def test_a_job_given_its_request_is_delivered_and_counts_once(stage: Stage) -> None:
    interaction, job = await unclear(stage)
    (submit,) = await stage.submits()
    assert "does not know" in await say(stage, f"resolve {job} no-such-request")
    assert "goes on" in await say(stage, f"resolve {job} {submit['request_id']}")
    assert len(media_of(await stage.card(interaction, "Done"))) == 2
    assert "only a job of unknown fate" in await say(stage, f"resolve {job} release")
    assert "4 of 5" in await stage.private_answer(await stage.command("quota"))
    assert len(await stage.submits()) == 1


async def test_a_released_job_counts_no_more_and_its_card_says_so(stage: Stage) -> None:
    interaction, job = await unclear(stage)
    assert "4 of 5" in await stage.private_answer(await stage.command("quota"))
    assert "no longer counts" in await say(stage, f"resolve {job} release")
    await stage.card(interaction, "no longer counted")
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))
    (submit,) = await stage.submits()
    assert "goes on" in await say(stage, f"resolve {job} {submit['request_id']}")
    done = texts_of(await stage.card(interaction, "Done"))
    assert "not counted, since it had been given back" in done
    assert "counted as one" not in done
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))


async def test_nobody_else_decides(stage: Stage) -> None:
    _, job = await unclear(stage)
    bot = stage.world["members"]["bot"]
    await stage.discord.post(
        "/sandbox/messages",
        **{"as": "mod"},
        channel=stage.channel,
        content=f"<@{bot}> resolve {job} release",
    )
    assert "Say `resolve" in await say(stage, "resolve")
    assert "4 of 5" in await stage.private_answer(await stage.command("quota"))

"""/history: private, searched and paged, and the way back to every video."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import av

from hailuo.jobs.job import JobState
from tests.acceptance.forms import delete_for_good
from tests.acceptance.past import BOB, Past
from tests.acceptance.pictures import picture
from tests.acceptance.playground import components, media_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.playground import Json, Stage

SetTheStage = Any
NOT_YOURS = "That video is not yours"


async def history(stage: Stage, who: str = "alice", **options: str) -> Json:
    """Open /history and return the private message."""
    interaction = await stage.command("history", who, **options)
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][0]


async def turned(stage: Stage, page: Json, says: Callable[[str], bool], who: str = "alice") -> Json:
    """Wait until the private page in place says something else; return it."""

    async def found() -> Json | None:
        (mine,) = [one for one in await stage.messages(who) if one["id"] == page["id"]]
        return mine if says(texts_of(mine)) else None

    return await stage.until(found, "the page turns")


def prompts(text: str) -> list[str]:
    return [line.removeprefix("> ") for line in text.splitlines() if line.startswith("> ")]


async def test_a_video_is_shown_found_and_sent_again(stage: Stage) -> None:
    """Privately to its member; for everybody only where they ask, whatever the bot may attach."""
    assert "/animate" in texts_of(await history(stage))
    card = await stage.card(await stage.animate(picture(), prompt="a storm"), "Done")
    await stage.settled()
    page = await history(stage)
    text = texts_of(page)
    assert prompts(text) == ["a storm"]
    assert "Done" in text
    assert "<t:" in text
    assert f"/{card['id']})" in text
    (thumbnail,) = media_of(page)
    assert await stage.download(thumbnail["url"])
    assert [message["id"] for message in await stage.messages("bob")] == [card["id"]]
    await _is_video(stage, await stage.press(page, "Show"), private=True)
    quota = await stage.private_answer(await stage.command("quota"))
    await stage.discord.post(
        "/sandbox/permissions", who="bot", channel=stage.channel, deny=["ATTACH_FILES"]
    )
    await stage.press(page, "Resend")

    async def resent() -> Json | None:
        others = [one for one in await stage.messages("bob") if one["id"] != card["id"]]
        return others[0] if others and media_of(others[0]) else None

    public = await stage.until(resent, "the video is posted for everybody")
    assert "<@" in texts_of(public)
    assert "a storm" not in texts_of(public)
    assert not public["mentions"]
    assert await stage.private_answer(await stage.command("quota")) == quota
    await _may_not_be_posted(stage, page, len(await stage.messages("bob")))
    await _others_and_a_restart(stage, page)
    await _delete(stage, page, card)


async def _may_not_be_posted(stage: Stage, page: Json, messages: int) -> None:
    """Say so where Discord refuses the file after all."""
    for route in ("PATCH /webhooks/*", "POST /webhooks/*"):
        await stage.discord.post("/sandbox/faults", route=route, times=1, status=403, code=50013)
    answer = await stage.private_answer(await stage.press(page, "Resend"))
    assert "may not attach files" in answer
    assert len(await stage.messages("bob")) == messages
    await stage.discord.delete("/sandbox/faults")


async def _others_and_a_restart(stage: Stage, page: Json) -> None:
    """Press buttons after a restart, and as somebody else, with ids made up."""
    job_id = job_of(page)
    forged = await stage.post_as_bot(f"show:{job_id}", f"resend:{job_id}", "history:last::any:")
    stage.bot.stop()
    stage.bot.start()
    await stage.bot_is_ready()
    for label in ("show", "resend"):
        pressed = await stage.press_id(forged, f"{label}:{job_id}", who="bob")
        assert NOT_YOURS in await stage.private_answer(pressed)
    pressed = await stage.press_id(forged, "history:last::any:", who="bob")
    assert "You have made no videos yet" in await stage.private_answer(pressed)
    (now,) = [one for one in await stage.messages("bob") if one["id"] == forged["id"]]
    assert components(now) == components(forged)
    await _is_video(stage, await stage.press(page, "Show"), private=True)


async def _delete(stage: Stage, page: Json, card: Json) -> None:
    """Delete the video from its page: asked once, then it is nowhere any more."""
    asked = await stage.press(page, "Delete")
    assert "for good" in await stage.private_answer(asked)
    (question,) = (await stage.interaction(asked))["ephemeral"]
    await delete_for_good(stage, question)
    assert card["id"] not in [message["id"] for message in await stage.messages("bob")]
    assert NOT_YOURS in await stage.private_answer(await stage.press(page, "Show"))
    assert "You have made no videos yet" in texts_of(await history(stage))
    kept = [path.name for path in stage.bot.folder.rglob(f"{job_of(page)}*")]
    assert kept == []


async def _is_video(stage: Stage, interaction: str, *, private: bool) -> None:
    async def file() -> Json | None:
        messages = (await stage.interaction(interaction))["ephemeral" if private else "messages"]
        return next((m["attachments"][0] for m in messages if m["attachments"]), None)

    attachment = await stage.until(file, "the video is shown")
    with av.open(io.BytesIO(await stage.download(attachment["url"]))) as container:
        assert container.streams.video[0].frames > 0


def job_of(page: Json) -> str:
    """Return the id of the one job on a page."""
    ids = [item.get("custom_id") or "" for item in components(page)]
    return next(one for one in ids if one.startswith("show:")).removeprefix("show:")


def _long_past() -> tuple[Past, str, str]:
    """Return ten numbered videos, two others, and a family of three; and two of its ids."""
    past = Past()
    ago = timedelta(days=5)
    past.job("of bob", user=BOB, ago=ago)
    for number in range(10):
        past.job(f"number {number}: a *storm* " + "long " * 80, ago=ago)
    past.job("Дождь идёт", state=JobState.FAILED, ago=ago)
    past.job("deleted", deleted_at=past.rows[0]["created_at"], ago=ago)
    parent = past.job("the parent", ago=ago)
    child = past.job("bob goes on", user=BOB, parent_id=parent, ago=ago)
    past.job("bob in private", user=BOB, parent_id=parent, private=True, ago=ago)
    past.job("the child", parent_id=parent, ago=ago)
    return past, parent, child


async def test_a_history_is_searched_and_paged_across_a_restart(
    set_the_stage: SetTheStage, tmp_path: Path
) -> None:
    past, parent, child = _long_past()
    await past.store(tmp_path)
    links = {row["id"]: f"/{row['channel_id']}/{row['message_id']})" for row in past.rows}
    async with set_the_stage() as stage:
        first = await history(stage)
        text = texts_of(first)
        assert [one[:10] for one in prompts(text)] == [
            "the child",
            "the parent",
            "Дождь идёт",
            "number 9: ",
        ]
        came, led = [line for line in text.splitlines() if "continue" in line]
        assert came.count(links[parent]) == 1
        assert led.count("discord.com") == 2
        assert links[child] in led
        await stage.press(first, "Older")
        second = await turned(stage, first, lambda text: "number 8" in text)
        assert [one[:8] for one in prompts(texts_of(second))] == [f"number {n}" for n in "8765"]
        assert "\\*storm\\*" in texts_of(second)
        stage.bot.stop()
        stage.bot.start()
        await stage.bot_is_ready()
        await stage.press(second, "Oldest")
        last = await turned(stage, first, lambda text: "number 0" in text)
        assert [one[:8] for one in prompts(texts_of(last))] == [f"number {n}" for n in "3210"]
        await stage.press(last, "Newest")
        await turned(stage, first, lambda text: "the child" in text)
        await _search(stage)
        assert prompts(texts_of(await history(stage, "bob")))[-1] == "of bob"


async def _search(stage: Stage) -> None:
    rain = await history(stage, words="дождь")
    assert prompts(texts_of(rain)) == ["Дождь идёт"]
    assert "дождь" in texts_of(rain)
    failed = await history(stage, state="failed")
    assert prompts(texts_of(failed)) == ["Дождь идёт"]
    storms = await history(stage, words="a *STORM*", state="done")
    await stage.press(storms, "Older")
    older = await turned(stage, storms, lambda text: "number 5" in text)
    assert [one[:8] for one in prompts(texts_of(older))] == [f"number {n}" for n in "5432"]
    select = next(item for item in components(older) if item["type"] == 3)
    await stage.press_id(older, select["custom_id"], "failed")
    none = await turned(stage, storms, lambda text: "None of your videos" in text)
    await stage.press_id(none, select["custom_id"], "any")
    await turned(stage, storms, lambda text: "number 9" in text)

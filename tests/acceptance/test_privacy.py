"""/privacy and /help: what is stored, a say in it, a copy of it, and the end of it."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hailuo.jobs.job import JobState
from tests.acceptance.past import ALICE, BOB, Past
from tests.acceptance.pictures import picture
from tests.acceptance.playground import components, texts_of
from tests.acceptance.test_history_pages import history

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.playground import Json, Stage

SetTheStage = Any
MANY = 2500


async def privacy(stage: Stage, who: str = "alice") -> Json:
    """Open /privacy and return the private message."""
    interaction = await stage.command("privacy", who)
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][0]


async def pressed(stage: Stage, message: Json, act: str, who: str = "alice") -> Json:
    """Press one of /privacy's buttons; return the private message that answers it."""
    interaction = await stage.press_id(message, f"privacy:{act}", who=who)
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][-1]


async def exported(stage: Stage, page: Json, who: str = "alice") -> Json:
    """Get a copy, and read it whole, however it was packed."""
    interaction = await stage.press_id(page, "privacy:export", who=who)

    async def files() -> list[Json] | None:
        sent = (await stage.interaction(interaction))["ephemeral"]
        return [file for message in sent for file in message["attachments"]] or None

    found = await stage.until(files, "the copy comes")
    data = b"".join([await stage.download(file["url"]) for file in found])
    return json.loads(gzip.decompress(data) if ".gz" in found[0]["filename"] else data)


def rows(stage: Stage, query: str) -> list[Any]:
    url = f"file:{stage.bot.folder}/hailuo.db?mode=ro"
    with closing(sqlite3.connect(url, uri=True)) as store:
        return store.execute(query).fetchall()


def _past() -> Past:
    past = Past()
    for number in range(MANY):
        past.job(f"alice's secret {number} " + "wave " * 300, ago=timedelta(days=3))
    past.job("bob's own", user=BOB, picture_of=ALICE, cancel_asked_by=ALICE)
    past.job("alice today", ago=timedelta(hours=3))
    past.job("alice, unclear", state=JobState.UNKNOWN, ago=timedelta(hours=3), request_id="r-7")
    past.job("alice long ago", ago=timedelta(days=400))
    return past


async def test_a_member_sees_takes_along_and_ends_what_is_stored(
    set_the_stage: SetTheStage, tmp_path: Path
) -> None:
    await _past().store(tmp_path)
    async with set_the_stage() as stage:
        await stage.discord.post("/sandbox/settings", attachment_limit=2_000_000)
        await _sweeps_at_start(stage)
        open_offer = await stage.animate(picture(1600, 400), prompt="an open offer")
        await stage.private_answer(open_offer)
        page = await privacy(stage)
        assert "2502 videos" in texts_of(page).replace(",", "")
        await _choice(stage, page)
        copy = await exported(stage, page)
        prompts = {job["prompt"].partition(" wave")[0] for job in copy["jobs"]}
        assert {"alice today", "alice's secret 0", f"alice's secret {MANY - 1}"} <= prompts
        assert "bob's own" not in str(copy)
        assert "interaction-token" not in str(copy)
        (offer,) = copy["not_yet_answered"]["offers"]
        assert offer["prompt"] == "an open offer"
        assert len(copy["jobs"][0]["member_ledger"]) == 2
        (about,) = copy["in_other_members_jobs"]
        assert about["picture_of"]
        assert about["cancel_asked_by"]
        assert (await exported(stage, await privacy(stage, "bob"), "bob"))["jobs"][0]["prompt"] == (
            "bob's own"
        )
        await _forget(stage)


async def _sweeps_at_start(stage: Stage) -> None:
    """Dead tokens and what is older than a year are gone soon after the start."""

    async def swept() -> bool:
        return rows(stage, "SELECT count(*) FROM jobs WHERE token <> ''") == [(0,)]

    await stage.until(swept, "tokens are blanked")

    async def nameless() -> bool:
        return rows(stage, "SELECT prompt, user_id FROM jobs ORDER BY id LIMIT 1") == [("", 0)]

    await stage.until(nameless, "the oldest history is forgotten")


async def _choice(stage: Stage, page: Json) -> None:
    """Switch sharing off and on; the switch shows how it stands, and is the presser's own."""
    labels = [item["label"] for item in components(page) if item.get("label")]
    assert labels == ["Do not let others animate my pictures", "Get a copy", "Forget me"]
    await stage.press_id(page, "privacy:keep")

    async def refuses() -> Json | None:
        (now,) = [one for one in await stage.messages("alice") if one["id"] == page["id"]]
        return now if "Nobody else may animate" in texts_of(now) else None

    now = await stage.until(refuses, "the choice is shown")
    assert rows(stage, "SELECT user_id, shares_pictures FROM members") == [(ALICE, 0)]
    await stage.press_id(now, "privacy:share")

    async def shares() -> bool:
        return rows(stage, "SELECT user_id, shares_pictures FROM members") == [(ALICE, 1)]

    await stage.until(shares, "the choice is stored")


async def _forget(stage: Stage) -> None:
    """Forget in two steps, across a restart; live jobs first; made-up ids reach nobody else."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    live = await stage.animate(picture(), prompt="alice is waiting")
    card = await stage.card_at_the_api(live)
    question = await pressed(stage, await privacy(stage), "forget")
    assert "stays counted" in texts_of(question)
    assert "What others made of your pictures stays theirs" in texts_of(question)
    assert "</history:" in texts_of(question)
    stage.bot.stop()
    stage.bot.start()
    await stage.bot_is_ready()
    assert "in the making" in texts_of(await pressed(stage, question, "forget-now"))
    await stage.press(card, "Cancel")
    await stage.card(live, "Cancelled")

    async def settled() -> bool:
        return rows(stage, "SELECT count(*) FROM jobs WHERE NOT announced") == [(0,)]

    await stage.until(settled, "the bot has heard that the card shows the end")
    forged = await stage.post_as_bot("privacy:forget-now")
    assert "Forgotten" in texts_of(await pressed(stage, forged, "forget-now", who="mod"))
    left = rows(stage, "SELECT count(*) FROM jobs WHERE deleted_at IS NULL AND user_id > 0")
    assert left[0][0] > MANY
    await stage.press_id(question, "privacy:forget-now")

    async def told() -> bool:
        (now,) = [one for one in await stage.messages("alice") if one["id"] == question["id"]]
        return "Forgotten" in texts_of(now)

    # The jobs go first, then traces elsewhere, files and offers; only when all is done it is told.
    await stage.until(told, "alice is forgotten, and told so")
    assert rows(stage, "SELECT prompt FROM jobs WHERE prompt <> ''") == [("bob's own",)]
    assert "made no videos yet" in texts_of(await history(stage))
    assert "**3 of 5**" in await stage.private_answer(await stage.command("quota"))
    assert rows(stage, "SELECT request_id FROM jobs WHERE state = 'unknown'") == [("r-7",)]
    assert rows(stage, "SELECT * FROM members") == []
    assert list(stage.bot.folder.glob("videos/*")) == []
    assert list(stage.bot.folder.glob("offers/*")) == []


async def test_help_says_what_the_bot_may_do_here_and_what_is_left(stage: Stage) -> None:
    text = await stage.private_answer(await stage.command("help"))
    for command in ("animate", "history", "quota", "privacy"):
        assert f"</{command}:" in text
    assert "5 of 5" in text
    assert "held back" not in text
    for name in ("Again", "Edit prompt", "Continue", "Delete", "Tell me", "private", "fit", "line"):
        assert name in text
    assert "365 days" in text
    await stage.discord.post(
        "/sandbox/permissions", who="bot", channel=stage.channel, deny=["ATTACH_FILES"]
    )
    assert "longer than 15 minutes cannot be posted here" in await stage.private_answer(
        await stage.command("help")
    )

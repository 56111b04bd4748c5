"""What Discord may do to a job's card, in each stage: the video arrives once, or all is told.

By default a sample runs, each disaster once; ``SCENES=all`` (``make scenes``) runs every disaster
in every stage, with the interaction's token alive and too old to be used.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Playground, Stage, media_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from tests.acceptance.playground import Json

SetTheStage = Any

NEARLY_DEAD = timedelta(minutes=14, seconds=20)
"""How far behind Discord's clock is set so that a new token is too old to be used."""
AGES = {"young": timedelta(0), "old": NEARLY_DEAD}


@dataclass(frozen=True, slots=True)
class Disaster:
    """What happens, and what may come of the job: ends beside "delivered"."""

    happens: Callable[[Stage, Json], Awaitable[object]]
    place: str = "text"
    other_ends: frozenset[str] = frozenset()
    is_fault: bool = False
    """Whether it is a fault of the stand-in, which must not be cleared at once."""


async def delete_card(stage: Stage, card: Json) -> None:
    await stage.discord.delete(f"/sandbox/messages/{card['id']}", **{"as": "mod"})


async def delete_channel(stage: Stage, card: Json) -> None:
    await stage.discord.post(f"/sandbox/channels/{card['channel_id']}", action="delete")


async def archive(stage: Stage, card: Json) -> None:
    await stage.discord.post(f"/sandbox/channels/{card['channel_id']}", action="archive")


async def lock(stage: Stage, card: Json) -> None:
    await archive(stage, card)
    await stage.discord.post(f"/sandbox/channels/{card['channel_id']}", action="lock")


async def kick(stage: Stage, _: Json) -> None:
    await stage.discord.post("/sandbox/guild", action="kick_bot")


def deny(permission: str) -> Callable[[Stage, Json], Awaitable[object]]:
    async def denies(stage: Stage, card: Json) -> None:
        channel = card["channel_id"]
        await stage.discord.post(
            "/sandbox/permissions", who="bot", channel=channel, allow=[], deny=[permission]
        )

    return denies


async def close_everything(stage: Stage, card: Json) -> None:
    await stage.discord.post("/sandbox/guild", action="close_dms")
    await delete_channel(stage, card)


async def automod(stage: Stage, _: Json) -> None:
    await stage.discord.post("/sandbox/guild", action="automod", words=["waves"])


async def shrink(stage: Stage, _: Json) -> None:
    """Refuse the next try: one that hangs is let go first."""
    await stage.discord.delete("/sandbox/faults")
    await stage.discord.post("/sandbox/faults", route="PATCH /*", times=1, status=413)


KEPT = frozenset({"kept"})
DISASTERS = {
    "card deleted": Disaster(delete_card),
    "channel deleted": Disaster(delete_channel),
    "thread archived": Disaster(archive, "thread"),
    "thread locked": Disaster(lock, "thread"),
    "bot kicked": Disaster(kick, other_ends=KEPT),
    "view lost": Disaster(deny("VIEW_CHANNEL")),
    "files refused": Disaster(deny("ATTACH_FILES")),
    "nothing left": Disaster(close_everything, other_ends=KEPT),
    "automod": Disaster(automod),
    "too large": Disaster(shrink, is_fault=True),
}


async def while_accepted(stage: Stage, place: str) -> Json:
    """Return the card of a job whose first drawing hangs."""
    await hang_edits(stage)
    await begin(stage, place)
    await edit_hangs(stage)
    return await card_in(stage, place)


async def while_queued(stage: Stage, place: str) -> Json:
    """Return the card of a job that waits in the API's queue."""
    await begin(stage, place)
    await job_is(stage, "in_queue")
    return await card_in(stage, place)


async def while_rendering(stage: Stage, place: str) -> Json:
    """Return the card of a job that the API renders."""
    card = await while_queued(stage, place)
    await set_status(stage, "in_progress")
    await job_is(stage, "in_progress")
    return card


async def while_fetching(stage: Stage, place: str) -> Json:
    """Return the card of a job whose video cannot be had yet."""
    card = await while_queued(stage, place)
    await stage.runcomfy.post("/sandbox/faults", route="GET /files/*", times=None, status=503)
    await set_status(stage, "completed")
    await job_is(stage, "fetching")
    return card


async def while_delivering(stage: Stage, place: str) -> Json:
    """Return the card of a job whose video hangs on its way to Discord, not taken yet."""
    card = await while_queued(stage, place)
    await hang_edits(stage)
    await set_status(stage, "completed")
    await job_is(stage, "delivering")
    await edit_hangs(stage)
    return card


STAGES = {
    "accepted": while_accepted,
    "queued": while_queued,
    "rendering": while_rendering,
    "fetching": while_fetching,
    "delivering": while_delivering,
}


def scenes() -> list[Any]:
    """Return every scene, or a sample that has each disaster and each stage."""
    every = [(age, stage, what) for age in AGES for what in DISASTERS for stage in STAGES]
    if os.environ.get("SCENES") != "all":
        stages = [*STAGES][1:]
        every = [
            ("old", stages[number % len(stages)], what) for number, what in enumerate(DISASTERS)
        ]
    return [pytest.param(*scene, id="-".join(scene).replace(" ", "_")) for scene in every]


@pytest.fixture
def playground(request: pytest.FixtureRequest) -> Generator[Playground]:
    """Serve the stand-ins; Discord's clock is behind where the scene wants an old token."""
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    behind_s = AGES[params.get("age", "young")].total_seconds()
    with Playground(lambda: time.time() - behind_s) as playground:
        yield playground


@pytest.mark.parametrize(("age", "when", "what"), scenes())
async def test_a_disaster_loses_no_video_and_posts_none_twice(
    stage: Stage, age: str, when: str, what: str
) -> None:
    disaster = DISASTERS[what]
    card = await STAGES[when](stage, disaster.place)
    await disaster.happens(stage, card)
    if not disaster.is_fault:
        await stage.discord.delete("/sandbox/faults")
    await stage.runcomfy.delete("/sandbox/faults")
    if when in {"accepted", "queued", "rendering"}:
        await complete_when_submitted(stage)
    await stage.settled()
    end = ends(stage)[0]
    posted = await videos(stage)
    assert len(posted) == (1 if end == "delivered" else 0)
    refused = when == "accepted" and end == "failed" and not await stage.submits()
    assert refused or end == "delivered" or end in disaster.other_ends
    if end == "kept":
        assert list((stage.bot.folder / "videos").glob("*.mp4"))
    await no_harm_was_done(stage, age)


async def no_harm_was_done(stage: Stage, age: str) -> None:
    """Show that no dead token was used and that Discord has little to complain of."""
    ledger = await stage.discord.get("/sandbox/ledger")
    invalid = [(c["route"], c["code"]) for c in ledger["calls"] if c["status"] in (401, 403, 429)]
    assert len(invalid) <= 2, invalid
    assert not [call for call in ledger["calls"] if call["code"] == 50027]
    if age == "old":
        assert not [call for call in ledger["calls"] if call["route"].startswith("PATCH /webhooks")]


async def begin(stage: Stage, place: str) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600], render_s=[600, 600])
    await stage.animate(picture(), channel=stage.world["channels"][place])


async def card_in(stage: Stage, place: str) -> Json:
    (card,) = await stage.messages("alice", stage.world["channels"][place])
    return card


async def hang_edits(stage: Stage) -> None:
    await stage.discord.post("/sandbox/faults", route="PATCH /*", times=None, status="hang")


async def edit_hangs(stage: Stage) -> None:
    async def hangs() -> bool:
        calls = (await stage.discord.get("/sandbox/ledger"))["calls"]
        return any(call["method"] == "PATCH" and call["status"] is None for call in calls)

    await stage.until(hangs, "an edit is under way")


async def job_is(stage: Stage, state: str) -> None:
    """Wait until the bot has recorded this state of its only job."""

    async def there() -> bool:
        with closing(sqlite3.connect(stage.bot.folder / "hailuo.db")) as database:
            return database.execute("SELECT state FROM jobs").fetchall() == [(state,)]

    await stage.until(there, f"the job is {state}")


async def set_status(stage: Stage, status: str) -> None:
    (submit,) = await stage.submits()
    await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status=status)


async def complete_when_submitted(stage: Stage) -> None:
    """Let the API finish, unless the job ends before it gets there."""

    async def submitted_or_settled() -> bool:
        return bool(await stage.submits()) or bool(ends(stage))

    await stage.until(submitted_or_settled, "the job is sent or ends")
    if await stage.submits():
        await set_status(stage, "completed")


def ends(stage: Stage) -> list[str]:
    """Return how each settled job ended, as the log has it."""
    lines = [line for line in stage.bot.log.splitlines() if "settled  " in line]
    return [line.rpartition("state=")[2].split()[0] for line in lines]


async def videos(stage: Stage) -> list[Json]:
    """Return every message anywhere that shows a video and is not deleted."""
    found: list[Json] = []
    for channel in set(stage.world["channels"].values()):
        try:
            messages = await stage.messages("alice", channel)
        except Exception:  # noqa: BLE001, S112 - a deleted channel shows nothing
            continue
        found += [m for m in messages if any(".mp4" in item["url"] for item in media_of(m))]
    return found

"""Every call that the bot makes fails in every way: no video is lost, none is posted twice.

By default a seeded sample runs; ``SCENES=all`` (``make scenes``) strikes every route.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from hailuo.jobs.job import job_id_of
from tests.acceptance.playground import Playground, Stage, media_of
from tests.acceptance.routes import BY_OLD_TOKEN, ROUTES, START, a_video
from tests.acceptance.test_scenes import NEARLY_DEAD

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.acceptance.playground import Json

SetTheStage = Any

FAULTS: tuple[Json, ...] = (
    {"status": 500},
    {"status": 502},
    {"status": 503},
    {"status": "drop"},
    {"status": 500, "after_accept": True},
    {"status": 503, "after_accept": True},
    {"status": 504, "after_accept": True},
    {"status": "drop", "after_accept": True},
)
LONG = 90.0
"""Seconds: discord.py pauses between its own tries, and commands have a slow rate limit."""
ENDED = {"delivered", "cancelled", "failed", "kept"}
ROOM = {"QUOTA_PER_USER": "99", "MAX_LIVE_PER_USER": "99", "MAX_LIVE_PER_SERVER": "99"}
SEED = int(os.environ.get("SEED", "6"))


def routes(*, at_start: bool) -> list[Any]:
    """Return the routes of the bot's start, or all others; a sample where not all are asked."""
    found = [route for route, tour in ROUTES.items() if (tour == START) is at_start]
    if os.environ.get("SCENES") != "all":
        found = random.Random(SEED).sample(found, 1)
    return [pytest.param(route, id=re.sub(r"[^A-Z@a-z]+", "_", route)) for route in found]


def faults() -> tuple[Json, ...]:
    """Return the ways in which a call may fail; one of them in the sample."""
    if os.environ.get("SCENES") == "all":
        return FAULTS
    return tuple(random.Random(SEED).sample(FAULTS, 1))


@pytest.fixture
def playground(request: pytest.FixtureRequest) -> Generator[Playground]:
    """Serve the stand-ins; Discord's clock is behind for the routes of an old token."""
    old = request.node.callspec.params["route"] in BY_OLD_TOKEN
    behind_s = NEARLY_DEAD.total_seconds() if old else 0
    with Playground(lambda: time.time() - behind_s) as playground:
        yield playground


@pytest.mark.timeout(900)
@pytest.mark.parametrize("route", routes(at_start=False))
async def test_a_call_that_fails_loses_no_video_and_posts_none_twice(
    set_the_stage: SetTheStage, route: str
) -> None:
    tour = ROUTES[route]
    assert callable(tour)
    async with set_the_stage(unexpected_errors=True, **ROOM) as stage:
        for fault in faults():
            await stage.discord.post("/sandbox/faults", route=pattern(route), **fault)
            await tour(stage)
            await stage.until(lambda: struck(stage), f"{route} fails with {fault}", LONG)
            await each_video_is_there_once(stage)
        # By the time that this one is here, none before it can be missing.
        last = job_id_of(int(await a_video(stage)))

        async def is_accepted() -> bool:
            return last in states(stage)

        await stage.until(is_accepted, "the last job is accepted", LONG)
        await each_video_is_there_once(stage)
        await no_harm_was_done(stage)
        assert "unexpected" not in stage.bot.log


@pytest.mark.timeout(900)
@pytest.mark.parametrize("route", routes(at_start=True))
async def test_a_start_that_fails_is_said_and_the_next_one_works(
    set_the_stage: SetTheStage, route: str
) -> None:
    """discord.py tries again after most errors; after the others the process ends with 69."""
    async with set_the_stage(unexpected_errors=True) as stage:
        for fault in faults():
            stage.bot.stop()
            (stage.bot.folder / "bot.log").unlink()
            forget_registration(stage)
            await stage.discord.post("/sandbox/faults", route=pattern(route), **fault)
            stage.bot.start()
            await stage.until(lambda: struck(stage), f"{route} fails with {fault}", LONG)
            await stage.until(lambda: runs_or_gave_up(stage), "it starts or gives up", LONG)
            if stage.bot.process is not None and stage.bot.process.poll() is not None:
                assert stage.bot.process.poll() == 69
                assert "check the network" in stage.bot.log
                stage.bot.start()
                await stage.bot_is_ready()
        await a_video(stage)
        await stage.accepted()
        await each_video_is_there_once(stage)


def pattern(route: str) -> str:
    """Return a route as a fault names it."""
    return re.sub(r"\{[^}]*\}", "*", route)


def forget_registration(stage: Stage) -> None:
    """Have the next start register the commands again."""
    with closing(sqlite3.connect(stage.bot.folder / "hailuo.db")) as store, store:
        store.execute("DELETE FROM settings")


async def struck(stage: Stage) -> bool:
    """Tell whether the fault has met its call; a tour without that call shows nothing."""
    return not (await stage.discord.get("/sandbox/faults"))["faults"]


async def runs_or_gave_up(stage: Stage) -> bool:
    if stage.bot.process is not None and stage.bot.process.poll() is not None:
        return True
    return (
        "invite the bot" in stage.bot.log
        and re.search(r"commands (registered|unchanged)", stage.bot.log) is not None
    )


def states(stage: Stage) -> dict[str, str]:
    """Return the state of every job that is let go, by its id; of others, what they lack."""
    with closing(sqlite3.connect(stage.bot.folder / "hailuo.db")) as store:
        rows = store.execute("SELECT id, state, announced FROM jobs").fetchall()
    return {job: state if announced else f"not yet {state}" for job, state, announced in rows}


async def each_video_is_there_once(stage: Stage) -> None:
    """Show that every job has its one message with the video, or was cancelled as asked.

    A call that failed may delay a job's acceptance, so what is read while one moves tells nothing.
    """

    async def read_at_rest() -> tuple[dict[str, str], Counter[str]] | None:
        ended = states(stage)
        found = await videos(stage)
        at_rest = ENDED.issuperset(ended.values()) and states(stage) == ended
        return (ended, found) if at_rest else None

    ended, found = await stage.until(read_at_rest, "all end", LONG)
    assert set(ended.values()) <= {"delivered", "cancelled"}, ended
    wanted = Counter(job for job, state in ended.items() if state == "delivered")
    assert found == wanted


async def videos(stage: Stage) -> Counter[str]:
    """Return how many public messages show each job's video."""
    found: Counter[str] = Counter()
    for channel in ("text", "thread", "dm"):
        for message in await stage.messages("alice", stage.world["channels"][channel]):
            if not message["flags"] & 64:
                urls = " ".join(item["url"] for item in media_of(message))
                found.update(re.findall(r"hailuo-(\w{13})\.mp4", urls))
    return found


async def no_harm_was_done(stage: Stage) -> None:
    """Show that no dead token was used and that Discord has little to complain of."""
    ledger = await stage.discord.get("/sandbox/ledger")
    assert not [call for call in ledger["calls"] if call["code"] == 50027]
    assert ledger["invalid_requests"] <= 2 * len(states(stage))

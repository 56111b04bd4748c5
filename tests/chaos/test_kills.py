"""The real bot is killed, or stopped, at any moment; afterwards three ledgers agree."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import JobState
from tests.chaos.counts import count
from tests.chaos.house import House, house

if TYPE_CHECKING:
    from pathlib import Path

SEED = count("SEED", 1)
KILLS = count("KILLS", 2)
POST_KILLS = count("POST_KILLS", 1)
DELIVERY_KILLS = count("DELIVERY_KILLS", 1)
STOPS = count("STOPS", 1)
PORTION = 25
"""Kills after which all must come to rest; a new world begins then, so that ledgers stay short."""
ROOM = ("9999", "1")
"""How many jobs may run at a time: in every other world all but one wait in line."""

pytestmark = pytest.mark.timeout(7200)


@pytest.mark.parametrize("begun", range(0, KILLS, PORTION))
async def test_killed_at_random(begun: int, tmp_path: Path) -> None:
    rng = random.Random(f"{SEED} {begun}")
    room = ROOM[begun // PORTION % 2]
    async with house(tmp_path, rng, MAX_LIVE_PER_SERVER=room) as here:
        began_at = time.monotonic()
        await here.insist()
        await here.rest()
        life = time.monotonic() - began_at  # of one job, on this machine, as busy as it is
        for _ in range(min(PORTION, KILLS - begun)):
            await here.begin()
            await asyncio.sleep(rng.uniform(0, life))
            await here.die()
        ours = await here.rest()
        print(Counter(job.state.value for job in ours))  # noqa: T201 - figures
        assert await here.broken_promises() == []


async def test_killed_inside_the_paid_request(tmp_path: Path) -> None:
    """Every job is flagged as of unknown fate; none is silent, none is sent again."""
    async with house(tmp_path, random.Random(SEED)) as here:
        for kill in range(POST_KILLS):
            await here.stage.runcomfy.post(
                "/sandbox/faults",
                route="POST /v1/models/*",
                times=1,
                status="hang",
                after_accept=True,
            )
            await here.begin()

            async def taken(so_far: int = kill) -> bool:
                return len(await here.stage.submits()) > so_far

            await here.stage.until(taken, "the API has taken the job")
            await here.die()
        ours = await here.rest()
        assert [job.state for job in ours] == [JobState.UNKNOWN] * POST_KILLS
        assert await here.broken_promises() == []


async def test_killed_inside_delivery(tmp_path: Path) -> None:
    """Discord has the video, and the bot dies before it hears so; there is one video."""
    async with house(tmp_path, random.Random(SEED)) as here:
        for _ in range(DELIVERY_KILLS):
            await _deliver_and_die(here)
        ours = await here.rest()
        assert {job.state for job in ours} == {JobState.DELIVERED}
        assert await here.broken_promises() == []


async def _deliver_and_die(here: House) -> None:
    prompt = await here.begin()

    async def rendering() -> bool:
        submits = await here.stage.submits()
        return any(item["input"]["prompt"] == prompt for item in submits)

    await here.stage.until(rendering, "the API has taken the job")
    before = await here.videos()
    await _hang_next_edit(here)

    async def shown() -> bool:
        waits = (await here.stage.discord.get("/sandbox/faults"))["faults"]
        if await here.videos() > before:
            return True
        if not waits:  # it has struck an edit that showed progress: let that go, try the next
            await here.stage.discord.delete("/sandbox/faults")
            await _hang_next_edit(here)
        return False

    await here.stage.until(shown, "Discord shows the video")
    await here.die()


async def _hang_next_edit(here: House) -> None:
    """Have Discord make the next edit of a card, and not say so."""
    await here.stage.discord.post(
        "/sandbox/faults", route="PATCH /webhooks/*", times=1, status="hang", after_accept=True
    )


async def test_stopped_in_good_order(tmp_path: Path) -> None:
    """Stopped with jobs live, at any moment and inside a paid request: exit 0, nothing unknown."""
    rng = random.Random(SEED)
    async with house(tmp_path, rng) as here:
        await here.stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
        for _ in range(20 if STOPS > 2 else 3):
            await here.begin()
        for number in (signal.SIGTERM, signal.SIGINT):
            await _begin_a_long_paid_request(here)
            assert await here.stop(number) == 0
            await here.start()
        for _ in range(STOPS):
            await here.begin()
            await asyncio.sleep(rng.uniform(0, 1.0))
            assert await here.stop() == 0
            await here.start()
        assert not [job for job in await here.ours() if job.state is JobState.UNKNOWN]
        submits = [item["input"]["prompt"] for item in await here.stage.submits()]
        assert len(submits) == len(set(submits))


async def _begin_a_long_paid_request(here: House) -> None:
    """Return once the API has taken the job and does not say so yet."""
    late = {"status": "slow", "seconds": 0.1, "delay_s": 1.0, "after_accept": True}
    await here.stage.runcomfy.post("/sandbox/faults", route="POST /v1/models/*", times=None, **late)
    prompt = await here.begin()

    async def taken() -> bool:
        return prompt in [item["input"]["prompt"] for item in await here.stage.submits()]

    await here.stage.until(taken, "the API has taken the job")
    await here.stage.runcomfy.delete("/sandbox/faults")

"""Measure the time from a member's command to its acknowledgement, beside a bot that only defers.

Both are the same kind of process, each against a stand-in of its own: ``bot.py``, and a bare
discord.py bot whose /animate defers and does nothing else. They take turns, so that whatever else
the machine does meets both alike, and a turn begins when the work of the last one is done: what
is measured is how commands that come together fare. Times are the stand-in's own. ``REPEATS``
says how often all is done with fresh bots; the figures are medians over these.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import statistics
from typing import Final

from benchmarks._bots import Bot, bare_bot, whole_bot
from tests.acceptance.pictures import picture

LOADS: Final = (1, 50, 500)
ROUNDS: Final = {1: 200, 50: 4, 500: 1}
REPEATS: Final = int(os.environ.get("REPEATS", "3"))
DEADLINE_MS: Final = 3000
WORK_WITHIN_S: Final = 300

Figures = dict[str, float]


def main() -> dict[str, object]:
    """Measure both bots at each load, print a table, and return the figures."""
    figures = asyncio.run(measure())
    print(f"{'at once':>8} {'bot':>6} {'p50 ms':>9} {'p99 ms':>9} {'past 3 s':>9}")
    for load, bots in figures.items():
        for name, row in bots.items():
            print(
                f"{load:>8} {name:>6} {row['p50_ms']:9.1f} {row['p99_ms']:9.1f} {row['late']:9.0f}"
            )
    return {"acknowledged": figures}


async def measure() -> dict[str, dict[str, Figures]]:
    """Return, for each load and bot, how soon commands were acknowledged."""
    repeats = [await once() for _ in range(REPEATS)]
    return {
        str(load): {
            name: {
                "p50_ms": statistics.median(one[load][name]["p50_ms"] for one in repeats),
                "p99_ms": statistics.median(one[load][name]["p99_ms"] for one in repeats),
                "late": sum(one[load][name]["late"] for one in repeats),
            }
            for name in ("bare", "whole")
        }
        for load in LOADS
    }


async def once() -> dict[int, dict[str, Figures]]:
    """Return the figures of fresh bots."""
    found: dict[int, dict[str, Figures]] = {}
    async with bare_bot() as bare, whole_bot() as whole:
        sent = 0
        for load in (1, *LOADS):  # the first commands warm both up
            times: dict[str, list[float | None]] = {"bare": [], "whole": []}
            for _ in range(ROUNDS[load]):
                times["bare"] += await acknowledged(bare, load)
                answers = await acknowledged(whole, load)
                times["whole"] += answers
                sent += sum(answer is not None for answer in answers)
                await work_is_done(whole, sent)
            found[load] = {name: figures_of(each) for name, each in times.items()}
    return found


def figures_of(times: list[float | None]) -> Figures:
    """Return the quantiles of what was acknowledged, and how many were too late or never."""
    good = [time for time in times if time is not None]
    cuts = statistics.quantiles(good, n=100, method="inclusive")
    late = sum(time is None or time > DEADLINE_MS for time in times)
    return {"p50_ms": cuts[49], "p99_ms": cuts[98], "late": float(late)}


async def work_is_done(bot: Bot, jobs: int) -> None:
    """Wait until all jobs are at the API."""
    log = bot.folder / "bot.log"
    async with asyncio.timeout(WORK_WITHIN_S):
        while len(re.findall(r"\bsubmitted +\[", await asyncio.to_thread(log.read_text))) < jobs:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)


async def acknowledged(bot: Bot, load: int) -> list[float | None]:
    """Have this many commands come at once; return when each was acknowledged."""
    image = {"name": "a.png", "base64": base64.b64encode(picture()).decode()}
    ids = await asyncio.gather(
        *(
            bot.person.command(
                "alice", "animate", options={"prompt": "waves"}, files={"image": image}
            )
            for _ in range(load)
        )
    )
    return await asyncio.gather(*(answered(bot, one) for one in ids))


async def answered(bot: Bot, interaction: str) -> float | None:
    """Return after how many milliseconds an interaction was acknowledged; None if it failed."""
    while True:
        found = await bot.person.interaction(interaction, wait_s=5)
        if found["failed"]:
            return None
        if found["acknowledged_after_ms"] is not None:
            return found["acknowledged_after_ms"]

"""Measure the time from a member's command to its acknowledgement, beside a bot that only defers.

Both are the same kind of process against the same stand-in: ``bot.py``, and a bare discord.py bot
whose /animate defers and does nothing else. Times are the stand-in's own.
"""

from __future__ import annotations

import asyncio
import base64
import statistics
from typing import Final

from benchmarks._bots import Bot, bare_bot, whole_bot
from tests.acceptance.pictures import picture

LOADS: Final = (1, 50, 500)
ROUNDS: Final = {1: 30, 50: 3, 500: 1}
DEADLINE_MS: Final = 3000

Figures = dict[str, float]


def main() -> dict[str, object]:
    """Measure both bots at each load, print a table, and return the figures."""
    return asyncio.run(measure())


async def measure() -> dict[str, object]:
    """Return, for each bot and load, how soon commands were acknowledged."""
    figures: dict[str, dict[str, Figures]] = {}
    for name, start in (("bare", bare_bot), ("whole", whole_bot)):
        async with start() as bot:
            await acknowledged(bot, 1)  # the first command warms both up
            figures[name] = {str(load): await at(bot, load) for load in LOADS}
    print(f"{'at once':>8} {'bot':>6} {'p50 ms':>9} {'p99 ms':>9} {'past 3 s':>9}")
    for load in map(str, LOADS):
        for name, loads in figures.items():
            row = loads[load]
            print(
                f"{load:>8} {name:>6} {row['p50_ms']:9.1f} {row['p99_ms']:9.1f} {row['late']:9.0f}"
            )
    return {"acknowledged": figures}


async def at(bot: Bot, load: int) -> Figures:
    """Return the figures of one load."""
    times: list[float] = []
    late = 0
    for _ in range(ROUNDS[load]):
        found = await acknowledged(bot, load)
        times += [time for time in found if time is not None]
        late += sum(time is None or time > DEADLINE_MS for time in found)
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return {"p50_ms": statistics.median(times), "p99_ms": cuts[98], "late": float(late)}


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

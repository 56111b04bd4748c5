"""Measure the whole bot with a thousand live jobs, and its start and memory beside a bare bot.

The event loop's lag is the time that an empty command waits for its acknowledgement while the
jobs live: it is seen from outside, so it holds the way to the stand-in too.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import statistics
import time
from typing import TYPE_CHECKING, Final

from benchmarks._bots import bare_bot, whole_bot
from benchmarks.ack import answered
from tests.acceptance.pictures import picture

if TYPE_CHECKING:
    from benchmarks._bots import Bot

JOBS: Final = int(os.environ.get("JOBS", "1000"))
AT_ONCE: Final = 10
WATCHED_S: Final = 20.0
BEAT_S: Final = 0.2


def main() -> dict[str, object]:
    """Measure, print a table, and return the figures."""
    figures = asyncio.run(measure())
    for name, value in figures.items():
        print(f"{name:32} {value:10.1f}")
    return dict(figures)


async def measure() -> dict[str, float]:
    """Return what the jobs cost."""
    async with bare_bot() as bare:
        _, bare_mib = bare.usage()
        bare_start_s = bare.started_in_s
    async with whole_bot() as bot:
        _, idle_mib = bot.usage()
        start_s = bot.started_in_s
        began = time.monotonic()
        await begin_jobs(bot)
        begun_in_s = time.monotonic() - began
        calls_before = len(await bot.person.calls())
        cpu_before, _ = bot.usage()
        acknowledged = await watch(bot)
        cpu_after, mib = bot.usage()
        calls = await bot.person.calls()
        invalid = (await bot.person.get("/world"))["invalid_requests"]
    lag = statistics.quantiles(acknowledged, n=100, method="inclusive")
    return {
        "jobs": JOBS,
        "begun_in_s": begun_in_s,
        "rest_calls_per_job_begun": calls_before / JOBS,
        "rest_calls_per_s_live": (len(calls) - calls_before) / WATCHED_S,
        "invalid_requests": invalid,
        "cpu_percent_live": 100 * (cpu_after - cpu_before) / WATCHED_S,
        "memory_mib": mib,
        "memory_idle_mib": idle_mib,
        "memory_bare_mib": bare_mib,
        "start_s": start_s,
        "start_bare_s": bare_start_s,
        "answer_p50_ms": lag[49],
        "answer_p99_ms": lag[98],
    }


async def begin_jobs(bot: Bot) -> None:
    """Have the jobs begun and wait until the API has them all."""
    image = {"name": "a.png", "base64": base64.b64encode(picture()).decode()}
    room = asyncio.Semaphore(AT_ONCE)

    async def begin() -> None:
        async with room:
            interaction = await bot.person.command(
                "alice", "animate", options={"prompt": "waves"}, files={"image": image}
            )
            await answered(bot, interaction)

    await asyncio.gather(*(begin() for _ in range(JOBS)))
    log = bot.folder / "bot.log"
    async with asyncio.timeout(300):
        while len(re.findall(r"\bsubmitted +\[", await asyncio.to_thread(log.read_text))) < JOBS:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.5)


async def watch(bot: Bot) -> list[float]:
    """Let the jobs live for a while; return how soon a small command is acknowledged meanwhile."""
    times: list[float] = []
    until = time.monotonic() + WATCHED_S
    while time.monotonic() < until:
        found = await answered(bot, await bot.person.command("bob", "quota"))
        if found is not None:
            times.append(found)
        await asyncio.sleep(BEAT_S)
    return times

"""Measure the whole bot with a thousand live jobs in fifty channels, and a bare bot beside it.

The jobs wait in the API's queue and are rendered, so their cards move all the while. The event
loop's lag is the bot's own, read from its ``/metrics``, and beside it that of a loop with nothing
to do in a process of its own: so much of it is the machine's. ``JOBS``, ``CHANNELS`` and
``WATCHED_S`` make it smaller.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import aiohttp

from benchmarks._bots import bare_bot, whole_bot
from benchmarks.ack import answered
from tests.acceptance.pictures import picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks._bots import Bot

JOBS: Final = int(os.environ.get("JOBS", "1000"))
CHANNELS: Final = int(os.environ.get("CHANNELS", "50"))
WATCHED_S: Final = float(os.environ.get("WATCHED_S", "60"))
AT_ONCE: Final = 10
BEGUN_WITHIN_S: Final = 900
QUEUE_S: Final = [60, 1200]
RENDER_S: Final = [600, 1200]

_BUCKET: Final = re.compile(
    r'^hailuo_event_loop_lag_seconds_bucket\{le="(.+)"\} (\S+)$', re.MULTILINE
)
_ADDRESS: Final = re.compile(r"address=\('(.+?)', (\d+)\)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the bot had used, and how late its loop had been, at one moment."""

    at: float
    cpu_s: float
    mib: float
    calls: int
    lags: Mapping[float, float]
    """Ticks heard so far, by the lateness in seconds that they did not exceed."""

    @classmethod
    async def take(cls, bot: Bot) -> Self:
        """Read the process, the stand-in's ledger, and the bot's metrics."""
        calls = len(await bot.person.calls())
        log = await asyncio.to_thread((bot.folder / "bot.log").read_text)
        host, port = _ADDRESS.findall(log)[0]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://{host}:{port}/metrics") as answer,
        ):
            lags = lags_in(await answer.text())
        return cls(time.monotonic(), *bot.usage(), calls, lags)

    def cpu_percent(self, before: Reading) -> float:
        """Return the share of one core used since another reading."""
        return 100 * (self.cpu_s - before.cpu_s) / (self.at - before.at)

    def calls_per_s(self, before: Reading) -> float:
        """Return Discord's calls a second since another reading."""
        return (self.calls - before.calls) / (self.at - before.at)

    def lag_ms(self, before: Reading, quantile: float) -> float:
        """Return a quantile of the loop's lag since another reading."""
        return lag_ms({le: count - before.lags[le] for le, count in self.lags.items()}, quantile)


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
    async with whole_bot(queue_s=QUEUE_S, render_s=RENDER_S) as bot:
        idle = await Reading.take(bot)
        await begin_jobs(bot)
        begun = await Reading.take(bot)
        idle_lags = await watch_idle_loop()
        live = await Reading.take(bot)
        invalid = (await bot.person.get("/world"))["invalid_requests"]
    return {
        "jobs": JOBS,
        "channels": CHANNELS,
        "begun_in_s": begun.at - idle.at,
        "calls_per_job_begun": (begun.calls - idle.calls) / JOBS,
        "calls_per_job_minute_live": 60 * live.calls_per_s(begun) / JOBS,
        "invalid_requests": invalid,
        "cpu_percent_beginning": begun.cpu_percent(idle),
        "cpu_percent_live": live.cpu_percent(begun),
        "lag_p50_ms_beginning": begun.lag_ms(idle, 0.5),
        "lag_p99_ms_beginning": begun.lag_ms(idle, 0.99),
        "lag_p50_ms_live": live.lag_ms(begun, 0.5),
        "lag_p99_ms_live": live.lag_ms(begun, 0.99),
        "lag_p50_ms_idle_loop": lag_ms(idle_lags, 0.5),
        "lag_p99_ms_idle_loop": lag_ms(idle_lags, 0.99),
        "memory_mib": live.mib,
        "memory_idle_mib": idle.mib,
        "memory_bare_mib": bare_mib,
        "start_s": bot.started_in_s,
        "start_bare_s": bare_start_s,
        "load_of_machine": os.getloadavg()[0],
    }


async def watch_idle_loop() -> Mapping[float, float]:
    """Let the jobs live for a while; return how late a loop came that had nothing to do."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks._idle_loop", str(WATCHED_S)),
        stdout=asyncio.subprocess.PIPE,
    )
    heard, _ = await process.communicate()
    return lags_in(heard.decode())


def lags_in(metrics: str) -> Mapping[float, float]:
    """Return a loop's ticks by the lateness in seconds that they did not exceed."""
    return {float(le): float(count) for le, count in _BUCKET.findall(metrics)}


def lag_ms(counts: Mapping[float, float], quantile: float) -> float:
    """Return a quantile of a loop's lag, interpolated within its bucket."""
    wanted = quantile * counts[float("inf")]
    lower, below = 0.0, 0.0
    for le, count in sorted(counts.items()):
        if count >= wanted:
            share = (wanted - below) / (count - below or 1)
            return 1000 * (lower + (le - lower) * share) if le < float("inf") else le
        lower, below = le, count
    raise ValueError("no tick was heard")


async def begin_jobs(bot: Bot) -> None:
    """Have the jobs begun all over the channels, and wait until the API has them all."""
    image = {"name": "a.png", "base64": base64.b64encode(picture()).decode()}
    room = asyncio.Semaphore(AT_ONCE)
    channels = [
        (await bot.person.post("/channels", name=f"channel-{number}"))["channel"]
        for number in range(CHANNELS)
    ]

    async def begin(number: int) -> None:
        async with room:
            interaction = await bot.person.command(
                "alice",
                "animate",
                channel=channels[number % CHANNELS],
                options={"prompt": "waves"},
                files={"image": image},
            )
            await answered(bot, interaction)

    await asyncio.gather(*(begin(number) for number in range(JOBS)))
    log = bot.folder / "bot.log"
    async with asyncio.timeout(BEGUN_WITHIN_S):
        while len(re.findall(r"\bsubmitted +\[", await asyncio.to_thread(log.read_text))) < JOBS:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.5)

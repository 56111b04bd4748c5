"""Bots as processes of their own, each against fresh stand-ins."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.discord.control.client import ControlClient
from sandbox.discord.server import DiscordSandbox
from sandbox.runcomfy.server import RunComfySandbox

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, Sequence

ROOT: Final = Path(__file__).parents[1]
START_WITHIN_S: Final = 60
UNLIMITED: Final = {
    "QUOTA_PER_USER": "100000",
    "MAX_LIVE_PER_USER": "100000",
    "MAX_LIVE_PER_SERVER": "100000",
    "MAX_JOBS_PER_DAY": "0",
}


@dataclass
class Bot:
    """A running bot, its members, and its stand-ins."""

    process: Process
    person: ControlClient
    discord: DiscordSandbox
    folder: Path
    started_in_s: float

    def usage(self) -> tuple[float, float]:
        """Return the CPU seconds and the resident MiB of the process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return cpu_s, int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def bare_bot() -> AsyncGenerator[Bot]:
    """Run the bot that only defers."""
    async with DiscordSandbox() as discord, RunComfySandbox() as runcomfy:
        del runcomfy
        with tempfile.TemporaryDirectory() as folder:
            command = ("-m", "benchmarks._bare_bot", discord.url)
            async with _running(command, {}, discord, Path(folder)) as bot:
                yield bot


@asynccontextmanager
async def whole_bot(**runcomfy_settings: Any) -> AsyncGenerator[Bot]:
    """Run ``bot.py`` without quotas; the settings are the RunComfy stand-in's."""
    given = {"queue_s": [600, 600], "render_s": [600, 600], **runcomfy_settings}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            DiscordSandbox() as discord,
            RunComfySandbox(discord_url=discord.url, settings=given) as runcomfy,
        ):
            environment = {
                "DISCORD_TOKEN": "sandbox-discord-token",
                "RUNCOMFY_TOKEN": "sandbox-runcomfy-token",
                "DISCORD_API_URL": discord.url,
                "RUNCOMFY_API_URL": runcomfy.url,
                "RESULT_HOSTS": runcomfy.url.removeprefix("http://"),
                "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/hailuo.db",
                "DATA_DIR": str(folder),
                "HTTP_ADDR": "127.0.0.1:0",
                **UNLIMITED,
            }
            async with _running((str(ROOT / "bot.py"),), environment, discord, folder) as bot:
                yield bot


@asynccontextmanager
async def _running(
    arguments: Sequence[str], environment: dict[str, str], discord: DiscordSandbox, folder: Path
) -> AsyncGenerator[Bot]:
    began = time.monotonic()
    with (folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
            stdout=log,
            stderr=log,
        )
    try:
        async with ControlClient(discord.url) as person:
            async with asyncio.timeout(START_WITHIN_S):
                while True:
                    world = await person.get("/world")
                    if world["connected"] and world["commands"]:
                        break
                    await asyncio.sleep(0.02)
            yield Bot(process, person, discord, folder, time.monotonic() - began)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

"""The real bot as a child process, pointed at the stand-ins."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

T = TypeVar("T")

BOT = Path(__file__).resolve().parent.parent / "bot.py"
STOP_S = 10.0
LAST_LINES = 15


class BotEndedError(Exception):
    """The bot ended by itself; the text tells its exit code and its last log lines."""


class BotProcess:
    """`python bot.py` in a folder of its own, with its output in a log file."""

    def __init__(
        self, settings: Mapping[str, str], folder: Path, log: Path, script: Path = BOT
    ) -> None:
        self._settings = settings
        self._script = script
        self._folder = folder
        self._log = log

    async def __aenter__(self) -> Self:
        with await asyncio.to_thread(self._log.open, "wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(self._script),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # In this folder lies no .env, so nothing of a real installation is read.
                cwd=self._folder,
                env={**os.environ, **self._settings},
            )
        return self

    @property
    def pid(self) -> int:
        """The process's id, for whoever measures it."""
        return self._process.pid

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def ended(self) -> BotEndedError:
        """Wait until the bot ends by itself; return what is to be said about it."""
        code = await self._process.wait()
        return BotEndedError(f"the bot ended with exit code {code}\n{await self.last_lines()}")

    async def while_running(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns; raise `BotEndedError` when the bot ends before it does."""
        tasks = (
            asyncio.create_task(work, name="work"),
            asyncio.create_task(self.ended(), name="bot"),
        )
        working, ended = tasks
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def last_lines(self) -> str:
        """Return the end of the log."""
        text = await asyncio.to_thread(self._log.read_text, "utf-8", "replace")
        return "\n".join(text.splitlines()[-LAST_LINES:])


def bot_settings(
    *, discord_url: str, runcomfy_url: str, model: str, owner: str, folder: Path
) -> dict[str, str]:
    """Return the bot's environment for the stand-ins; it wins over whatever is set outside."""
    runcomfy = URL(runcomfy_url)
    return {
        "DISCORD_TOKEN": "sandbox-discord-token",
        "RUNCOMFY_TOKEN": "sandbox-runcomfy-token",
        "DISCORD_API_URL": discord_url,
        "RUNCOMFY_API_URL": runcomfy_url,
        "RUNCOMFY_MODEL": model,
        "RESULT_HOSTS": f"{runcomfy.host}:{runcomfy.port}",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'hailuo.db'}",
        "HTTP_ADDR": "127.0.0.1:0",
        "OPERATOR_IDS": owner,
        "ALLOWED_GUILDS": "",
        "SHARD_IDS": "",
        "SHARD_COUNT": "",
    }

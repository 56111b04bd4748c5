"""``python bot.py doctor``: a line for every setting and connection, and an exit code."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from cogs.failures import EXIT_CONFIG, EXIT_OK, EXIT_UNAVAILABLE
from sandbox.bot_process import bot_settings
from sandbox.discord.server import DiscordSandbox
from sandbox.runcomfy import RunComfySandbox
from sandbox.runcomfy.rules import MODEL_ID
from tests.acceptance.playground import ROOT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def environment(tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """Serve both stand-ins; yield the settings of a bot between them."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordSandbox())
        runcomfy = await stack.enter_async_context(RunComfySandbox(0, discord.url))
        yield bot_settings(
            discord_url=discord.url,
            runcomfy_url=runcomfy.url,
            model=MODEL_ID,
            owner="1",
            folder=tmp_path,
        )


async def examine(tmp_path: Path, environment: dict[str, str]) -> tuple[list[str], int | None]:
    """Run the doctor; return its lines and its exit code."""
    doctor = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        "doctor",
        cwd=tmp_path,
        env={"PYTHONWARNINGS": "ignore", "PYTHONIOENCODING": "utf-8", **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await doctor.communicate()
    return said.decode().splitlines(), doctor.returncode


async def test_all_is_well(tmp_path: Path, environment: dict[str, str]) -> None:
    """A port that is taken is what it looks like while the bot runs, so it is no cross."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        environment["HTTP_ADDR"] = f"127.0.0.1:{other.getsockname()[1]}"
        lines, code = await examine(tmp_path, environment)
    assert [line[0] for line in lines] == ["✓"] * 6
    assert any("HTTP_ADDR is taken" in line for line in lines)
    assert code == EXIT_OK


async def test_every_problem_has_its_cross_and_the_rest_is_checked_all_the_same(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    del environment["DISCORD_TOKEN"]
    environment |= {"QUOTA_PER_USER": "0", "SHARD_IDS": "3", "HTTP_ADDR": "192.0.2.1:8081"}
    lines, code = await examine(tmp_path, environment)
    crosses = [line.split()[1] for line in lines if line.startswith("✗")]
    ticks = [line.split()[1] for line in lines if line.startswith("✓")]
    assert crosses == ["DISCORD_TOKEN", "QUOTA_PER_USER", "SHARD_IDS", "HTTP_ADDR"]
    assert ticks == ["DATA_DIR", "DATABASE_URL", "RUNCOMFY_TOKEN"]
    assert code == EXIT_CONFIG


async def test_an_unreadable_env_file_is_the_only_cross(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / ".env").write_bytes(b"PRICE_PER_VIDEO_USD=0.28 \xa4\n")
    lines, code = await examine(tmp_path, environment)
    assert [line.split()[:2] for line in lines] == [["✗", ".env"]]
    assert code == EXIT_CONFIG


async def test_a_database_server_that_is_down_is_unavailable(
    tmp_path: Path, environment: dict[str, str], unused_tcp_port: int
) -> None:
    """As for the bot itself: what a supervisor may try again."""
    environment["DATABASE_URL"] = f"postgresql+asyncpg://me:secret@127.0.0.1:{unused_tcp_port}/bot"
    lines, code = await examine(tmp_path, environment)
    (cross,) = [line for line in lines if line.startswith("✗")]
    assert "does not answer" in cross
    assert code == EXIT_UNAVAILABLE

"""The bot as a child process: what it is given, and what is said when it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.bot_process import BotEndedError, BotProcess, bot_settings
from sandbox.stack import LocalStack

if TYPE_CHECKING:
    from pathlib import Path

TELLS_ITS_SETTINGS = """
import json, os, sys
print(json.dumps({"cwd": os.getcwd(), "environment": dict(os.environ)}))
sys.exit(3)
"""
FAILS = """
print("a first line")
sys.exit("DISCORD_TOKEN is not set")
"""
WAITS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped in good order"))
print("ready", flush=True)
signal.pause()
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "script.py"
    path.write_text(text)
    return path


async def test_the_bot_gets_the_stand_ins_settings_over_any_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither exported settings nor a .env where the sandbox was started reach the bot."""
    here, folder, log = tmp_path / "here", tmp_path / "bot", tmp_path / "bot.log"
    here.mkdir()
    folder.mkdir()
    (here / ".env").write_text("DISCORD_TOKEN=real")
    monkeypatch.chdir(here)
    monkeypatch.setenv("DISCORD_TOKEN", "real")
    monkeypatch.setenv("RUNCOMFY_MODEL", "somebody/else")
    monkeypatch.setenv("QUOTA_PER_USER", "50")
    settings = bot_settings(
        discord_url="http://127.0.0.1:1",
        runcomfy_url="http://127.0.0.1:2",
        model="a/b",
        owner="14",
        folder=folder,
    )

    async with BotProcess(settings, folder, log, script(tmp_path, TELLS_ITS_SETTINGS)) as bot:
        error = await bot.ended()

    assert "exit code 3" in str(error)
    told = json.loads(log.read_text())
    assert told["cwd"] == str(folder)
    assert {name: told["environment"].get(name) for name in settings} == settings
    assert settings["RESULT_HOSTS"] == "127.0.0.1:2"
    assert settings["RUNCOMFY_MODEL"] == "a/b"
    assert told["environment"]["QUOTA_PER_USER"] == "50"


async def test_a_bot_that_cannot_start_is_quoted(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path, bot=script(tmp_path, FAILS))

    with pytest.raises(BotEndedError, match=r"(?s)exit code 1\n.*DISCORD_TOKEN is not set"):
        await stack.__aenter__()


async def test_a_bot_that_never_gets_ready_is_stopped_and_quoted(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path, bot=script(tmp_path, WAITS), ready_within_s=1.5)

    with pytest.raises(BotEndedError, match=r"not ready after 1\.5 s"):
        await stack.__aenter__()

    assert "stopped in good order" in (tmp_path / "bot.log").read_text()

"""The demo and the sandbox with the real bot."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.demo.story import Demo
from sandbox.sample.lighthouse import PICTURE

ROOT = Path(__file__).resolve().parents[3]
QUICK = {"queue_s": 1, "render_s": 1}


async def test_the_demo_shows_each_card_and_saves_a_playable_video_of_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await Demo(PICTURE, "waves", tmp_path, pace=QUICK).run()

    told, complaints = capsys.readouterr()
    assert (code, complaints) == (0, ""), told
    [film] = tmp_path.glob("*.mp4")
    assert re.search(rf"Saved {re.escape(str(film))}: \d+ KiB, 5\.0 s, 768×512, h264", told)
    assert "waves" in told
    with av.open(str(film), "r") as container:
        first = next(container.decode(video=0)).to_image()
    with Image.open(PICTURE) as picture:
        difference = ImageChops.difference(first, picture.convert("RGB").resize(first.size))
    assert max(ImageStat.Stat(difference).mean) < 6


async def test_the_demo_tells_which_rule_a_wrong_picture_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "wrong.png"
    Image.new("RGB", (1000, 400)).save(image)
    rule = "The aspect ratio range should be 2:5 to 5:2."

    code = await Demo(image, "waves", tmp_path / "out", pace=QUICK).run()

    told, complaints = capsys.readouterr()
    assert code == 1
    assert "only alice sees this" in told
    assert rule in told
    assert rule in complaints
    assert not list(tmp_path.glob("out/*.mp4"))


async def test_the_demo_passes_on_what_the_members_client_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await Demo(PICTURE, "x" * 1996, tmp_path, pace=QUICK).run()

    assert code == 1
    assert "1995" in capsys.readouterr().err


async def test_a_missing_picture_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await Demo(tmp_path / "none.png", "waves", tmp_path).run() == 1
    assert "there is no picture at" in capsys.readouterr().err


async def test_a_place_for_the_video_that_is_no_folder_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").touch()
    assert await Demo(PICTURE, "waves", tmp_path / "taken").run() == 1
    assert "choose another OUT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["discord", "--port", "{taken}"], 1, "The stand-in cannot start"),
        (["runcomfy", "--port", "{taken}"], 1, "The stand-in cannot start"),
        (["runcomfy", "--discord-url", "nonsense"], 2, "--discord-url"),
        (["discord", "--port", "65536"], 2, "--port"),
    ],
)
def test_a_stand_in_that_cannot_start_says_why_in_one_sentence(
    arguments: list[str], code: int, says: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        given = [argument.format(taken=port) for argument in arguments]
        ended = subprocess.run(
            [sys.executable, "-m", "sandbox", *given],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == code
    assert says in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


async def test_the_sandbox_serves_until_a_signal() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "serve"),
        cwd=ROOT,
        env={**os.environ, "DISCORD_PORT": "0", "RUNCOMFY_PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            urls = json.loads(await process.stdout.readline())
            assert list(urls) == ["discord", "runcomfy", "page"]
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{urls['discord']}/sandbox/world") as response,
            ):
                world = await response.json()
            assert world["connected"]
            assert "animate" in {command["name"] for command in world["commands"]}
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()

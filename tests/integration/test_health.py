"""Health and metrics over real HTTP."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from asyncio.subprocess import DEVNULL
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import aiohttp

from hailuo.health import serve_health
from hailuo.jobs.job import JobState
from hailuo.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]


class Census:
    """A store that counts, or cannot."""

    broken = False

    async def census(self) -> Mapping[JobState, int]:
        if self.broken:
            raise StoreError
        return {JobState.IN_QUEUE: 3}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def test_health_is_the_database_and_the_gateway() -> None:
    port, store, connected = free_port(), Census(), [True]
    async with serve_health(f"127.0.0.1:{port}", store, lambda: connected[0]):
        url = f"http://127.0.0.1:{port}/health"
        assert (await get(url))[0] == 200
        connected[0] = False
        assert (await get(url))[0] == 503
        connected[0], store.broken = True, True
        assert (await get(url))[0] == 503


async def test_the_healthcheck_of_compose_follows_health() -> None:
    """It asks wherever HTTP_ADDR says, since a wrong place would call a sound bot unhealthy."""
    (script,) = re.findall(r"\n +- \|\n((?: {10}.*\n)+)", (ROOT / "compose.yaml").read_text())
    address, connected = f"127.0.0.1:{free_port()}", [True]

    async def check() -> int:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", dedent(script), env={"HTTP_ADDR": address}, stderr=DEVNULL
        )
        return await child.wait()

    async with serve_health(address, Census(), lambda: connected[0]):
        assert await check() == 0
        connected[0] = False
        assert await check() == 1


async def test_metrics_count_jobs_by_state() -> None:
    port = free_port()
    async with serve_health(f"127.0.0.1:{port}", Census(), lambda: True):
        _, text = await get(f"http://127.0.0.1:{port}/metrics")
    assert 'hailuo_jobs{state="in_queue"} 3.0' in text
    assert "hailuo_gateway_connected 1.0" in text


async def test_metrics_tell_what_they_can_without_the_database() -> None:
    """Whether Discord is connected matters most when something fails; old counts would be lies."""
    port, store = free_port(), Census()
    async with serve_health(f"127.0.0.1:{port}", store, lambda: True):
        await get(f"http://127.0.0.1:{port}/metrics")
        store.broken = True
        status, text = await get(f"http://127.0.0.1:{port}/metrics")
    assert status == 200
    assert "hailuo_gateway_connected 1.0" in text
    assert "hailuo_jobs{" not in text


async def test_metrics_tell_the_lag_of_the_event_loop() -> None:
    port = free_port()
    async with serve_health(f"127.0.0.1:{port}", Census(), lambda: True), asyncio.timeout(10):
        while True:
            _, text = await get(f"http://127.0.0.1:{port}/metrics")
            (count,) = re.findall(
                r"^hailuo_event_loop_lag_seconds_count (\S+)$", text, re.MULTILINE
            )
            if float(count):
                break


async def test_a_taken_port_is_no_reason_to_stop() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with serve_health(f"127.0.0.1:{taken.getsockname()[1]}", Census(), lambda: True):
            pass

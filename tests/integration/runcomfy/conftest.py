from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from hailuo.runcomfy import RunComfyClient
from tests.scripted_http import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import timedelta

TOKEN = "canary-token-7f3a"
MODEL = "minimax/Hailuo Video 01 Live"


@dataclass
class StoppedClock:
    """Noon for ever; a sleep is noted and over."""

    naps: list[float]

    def now(self) -> datetime:
        """Return noon."""
        return datetime(2026, 11, 23, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return no time at all."""
        return 0.0

    async def sleep(self, duration: timedelta) -> None:
        """Note the seconds and go on at once."""
        self.naps.append(duration.total_seconds())


@pytest.fixture
async def api() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
def naps() -> list[float]:
    """Collect the seconds that the client asked to sleep; no test waits for them."""
    return []


@pytest.fixture
def open_client(naps: list[float]) -> Callable[[str], AbstractAsyncContextManager[RunComfyClient]]:
    @asynccontextmanager
    async def open_at(url: str) -> AsyncIterator[RunComfyClient]:
        client = RunComfyClient(
            SecretStr(TOKEN),
            url,
            MODEL,
            clock=StoppedClock(naps),
            rng=random.Random(7),  # seeded, so that a test repeats
        )
        async with client:
            yield client

    return open_at


@pytest.fixture
async def client(
    api: ScriptedServer,
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
) -> AsyncIterator[RunComfyClient]:
    async with open_client(api.url) as opened:
        yield opened

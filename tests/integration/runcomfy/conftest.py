from __future__ import annotations

import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from scripted_api import ScriptedApi

from hailuo.runcomfy import RunComfyClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

TOKEN = "canary-token-7f3a"
MODEL = "minimax/Hailuo Video 01 Live"


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as server:
        yield server


@pytest.fixture
def naps() -> list[float]:
    """Collect the seconds that the client asked to sleep; no test waits for them."""
    return []


@pytest.fixture
def open_client(naps: list[float]) -> Callable[[str], AbstractAsyncContextManager[RunComfyClient]]:
    async def nap(seconds: float) -> None:
        naps.append(seconds)

    @asynccontextmanager
    async def open_at(url: str) -> AsyncIterator[RunComfyClient]:
        client = RunComfyClient(
            SecretStr(TOKEN),
            url,
            MODEL,
            sleep=nap,
            now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
            rng=random.Random(7),  # noqa: S311  # seeded, so that a test repeats
        )
        async with client:
            yield client

    return open_at


@pytest.fixture
async def client(
    api: ScriptedApi,
    open_client: Callable[[str], AbstractAsyncContextManager[RunComfyClient]],
) -> AsyncIterator[RunComfyClient]:
    async with open_client(api.url) as opened:
        yield opened

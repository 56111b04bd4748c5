"""A running stand-in whose jobs stay in the queue until a test moves them, and a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from runcomfy_caller import Caller

from sandbox.runcomfy import RunComfySandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def sandbox() -> AsyncIterator[RunComfySandbox]:
    """Run a stand-in for one test."""
    held = {"queue_s": 10_000, "render_s": 10_000, "video_s": 0.4}
    async with RunComfySandbox(settings=held) as running:
        yield running


@pytest.fixture
async def api(sandbox: RunComfySandbox) -> AsyncIterator[Caller]:
    """Call it."""
    # One connection per call, so that no fault outlives the call it strikes.
    connector = aiohttp.TCPConnector(force_close=True)
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Caller(session, sandbox.url)

"""The loop that most programs have: plain aiohttp, a look every 2 s."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.race.runner import Course

BETWEEN_LOOKS = 2.0


class Fixed:
    """Submit, look every 2 s, read the result; no error is expected."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def run(self, prompt: str) -> object:
        """Return the output."""
        body = {"prompt": prompt, "image_url": "https://example.com/picture.png"}
        async with self._session.post(f"{self._url}/v1/models/minimax/model", json=body) as answer:
            answer.raise_for_status()
            request = f"{self._url}/v1/requests/{(await answer.json())['request_id']}"
        while await self._status(request) in {"in_queue", "in_progress"}:  # noqa: ASYNC110  # polling is the point
            await asyncio.sleep(BETWEEN_LOOKS)
        async with self._session.get(f"{request}/result") as answer:
            answer.raise_for_status()
            return (await answer.json())["output"]

    async def _status(self, request: str) -> str:
        async with self._session.get(f"{request}/status") as answer:
            answer.raise_for_status()
            return (await answer.json())["status"]


@asynccontextmanager
async def open_client(course: Course) -> AsyncIterator[Fixed]:
    """Open a session."""
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer benchmark"}) as session:
        yield Fixed(session, course.url)

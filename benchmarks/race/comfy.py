"""comfy-sdk with its defaults."""

from __future__ import annotations

import importlib
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.race.runner import Course


class Comfy:
    """Subscribe, as its documentation shows."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def run(self, prompt: str) -> object:
        """Return the output."""
        return await self._client.models.subscribe("a/b", {"prompt": prompt})


@asynccontextmanager
async def open_client(course: Course) -> AsyncIterator[Comfy]:
    """Open the client."""
    os.environ["COMFY_ROUTER_BASE_URL"] = course.url
    library = importlib.import_module("comfy_sdk")
    async with library.AsyncComfy(api_key="benchmark") as client:
        yield Comfy(client)

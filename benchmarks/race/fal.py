"""fal-client with its defaults."""

from __future__ import annotations

import importlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.race.runner import Course


class Fal:
    """Subscribe, as its documentation shows."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def run(self, prompt: str) -> object:
        """Return the output."""
        return await self._client.subscribe("fal/app", {"prompt": prompt})


@asynccontextmanager
async def open_client(course: Course) -> AsyncIterator[Fal]:
    """Open the client; its scheme is https by a constant, and is replaced."""
    library = importlib.import_module("fal_client.client")
    vars(library)["QUEUE_URL_FORMAT"] = f"{course.url}/"
    yield Fal(library.AsyncClient(key="benchmark"))

"""replicate with its defaults."""

from __future__ import annotations

import importlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from benchmarks.race.runner import Course


class Replicate:
    """Create a prediction without the blocking preference, then wait."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def run(self, prompt: str) -> object:
        """Return the output."""
        given = {"prompt": prompt}
        prediction = await self._client.models.predictions.async_create("a/b", given, wait=False)
        await prediction.async_wait()
        return prediction.output


@asynccontextmanager
async def open_client(course: Course) -> AsyncIterator[Replicate]:
    """Open the client."""
    library = importlib.import_module("replicate")
    yield Replicate(library.Client(api_token="benchmark", base_url=course.url))  # noqa: S106  # the race's

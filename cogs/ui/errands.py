"""What members have asked for and not got an answer to yet; the bot closes after it."""

from __future__ import annotations

import asyncio
from typing import Any


class Errands:
    """Counts the tasks that work on an answer."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """Count the task that calls this, until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def over(self) -> None:
        """Wait until none is under way, those included that begin meanwhile."""
        while self._under_way:
            await asyncio.wait(self._under_way)

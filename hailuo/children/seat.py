"""A place in the pool: at most one child, replaced in the background when it is spent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from hailuo.children.child import Child


class Seat:
    """Own one child, from its start, through its successors, to the end of the pool."""

    def __init__(self, start: Callable[[], Coroutine[Any, Any, Child]], *, name: str) -> None:
        self._start = start
        self._name = name
        self._current: asyncio.Task[Child] | None = None
        self._closed = False

    async def child(self) -> Child:
        """Return a living child, started now if none is; raise a `ChildError`."""
        if self._current is None or _is_spent(self._current):
            self.replace()
        if self._current is None:
            raise RuntimeError("the pool is closed")
        # Shielded: when this job is cancelled, the child still starts for the next one.
        return await asyncio.shield(self._current)

    def replace(self) -> None:
        """End the child, if there is one, and start its successor, both in the background."""
        if self._closed:
            return
        self._current = asyncio.create_task(
            self._succeed(self._current), name=f"start child {self._name}"
        )

    async def close(self) -> None:
        """End the child for good."""
        self._closed = True
        current, self._current = self._current, None
        if current is not None:
            await _end(current)

    async def _succeed(self, former: asyncio.Task[Child] | None) -> Child:
        if former is not None:
            await _end(former)
        return await self._start()


def _is_spent(current: asyncio.Task[Child]) -> bool:
    """Tell whether a start failed, or its child has died since: the kernel may kill idle ones."""
    return current.done() and (current.exception() is not None or not current.result().alive)


async def _end(current: asyncio.Task[Child]) -> None:
    """End a child; one that is still starting has a deadline, so it is waited for."""
    await asyncio.wait((current,))
    if current.exception() is None:
        await current.result().end()

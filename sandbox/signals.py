"""End work in good order when SIGINT or SIGTERM asks for it."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

EXIT_INTERRUPTED = 128 + signal.SIGINT


async def until_signal(work: Coroutine[Any, Any, int], *, interrupted: int) -> int:
    """Run `work` to its exit code; on a signal cancel it, let it clean up, return the other."""
    task = asyncio.create_task(work, name="work")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return interrupted

"""Waits for the word to stop."""

from __future__ import annotations

import asyncio
import signal

import structlog

log = structlog.get_logger(__name__)


class StopSignal:
    """Hears SIGTERM and SIGINT from the moment it is made, inside a running loop."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self._loop = loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self._heard.set)
            except NotImplementedError:  # Windows
                signal.signal(number, self._hear)

    def _hear(self, _number: int, _frame: object) -> None:
        self._loop.call_soon_threadsafe(self._heard.set)

    async def wait(self) -> None:
        """Return once a signal has come."""
        await self._heard.wait()
        log.info("stopping")

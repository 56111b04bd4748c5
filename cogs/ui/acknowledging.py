"""Keeps work from beginning while commands that came together still wait for their first answer.

Discord gives a bot three seconds to acknowledge. Of hundreds of commands at once, the work of the
first would otherwise delay the answer to the last.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final, Self

QUIET: Final = timedelta(milliseconds=100)
"""Commands that come closer together than this came together; nobody sees that a job waits so."""
LONGEST: Final = timedelta(seconds=3)
"""Later than this nobody who waits can be helped any more."""


class Acknowledging:
    """Counts the answers under way; use it around each, then wait until it is ``over``."""

    def __init__(self) -> None:
        self._under_way = 0
        self._begun = 0
        self._none = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._under_way += 1
        self._begun += 1
        self._none.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._none.set()

    async def over(self) -> None:
        """Wait until no answer has been under way for a moment, at most for a while."""
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                begun = None
                while begun != self._begun:
                    await self._none.wait()
                    begun = self._begun
                    await asyncio.sleep(QUIET.total_seconds())
        except TimeoutError:
            return

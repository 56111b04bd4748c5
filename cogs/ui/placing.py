"""Where the cards of private jobs came to stand, for the commands that wait to tell it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cogs.ui.private import DmClosedError

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import timedelta

    from hailuo.jobs.job import Job, JobId


class Placing:
    """Hands the place of a card from who draws it to who waits for it, in one process."""

    def __init__(self) -> None:
        self._awaited: dict[JobId, asyncio.Future[str | None]] = {}

    @contextmanager
    def awaited(self, job_id: JobId) -> Generator[asyncio.Future[str | None]]:
        """Have the place of a job's card told to whoever asks before the job begins."""
        place = self._awaited[job_id] = asyncio.get_running_loop().create_future()
        try:
            yield place
        finally:
            self._awaited.pop(job_id, None)
            if not place.cancel() and not place.cancelled():
                place.exception()  # seen, though nobody may have waited for it

    async def placed(self, place: asyncio.Future[str | None], within: timedelta) -> str | None:
        """Return where a card was placed; None where that takes too long, or no card came about.

        Raises `DmClosedError`.
        """
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await place
        except TimeoutError:
            return None

    def tell(self, job: Job, told: str | DmClosedError | None) -> None:
        """Tell whoever waits for it the link to a job's card, or why there is none."""
        place = self._awaited.get(job.id)
        if place is None or place.done():
            return
        if isinstance(told, DmClosedError):
            place.set_exception(told)
        else:
            place.set_result(told)

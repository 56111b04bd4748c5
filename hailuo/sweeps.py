"""What time takes away: kept videos, and holds of jobs whose fate stays unknown."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.errors import HailuoError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.folders import Folders
    from hailuo.jobs.offers import Offers
    from hailuo.store import Store

log = structlog.get_logger(__name__)

BETWEEN_SWEEPS: Final = timedelta(minutes=15)


class Sweeper:
    """Sweeps at start and every quarter of an hour."""

    def __init__(
        self,
        store: Store,
        folders: Folders,
        offers: Offers,
        clock: Clock,
        *,
        keep_videos: timedelta,
        release_unknown: timedelta,
    ) -> None:
        self._store = store
        self._folders = folders
        self._offers = offers
        self._clock = clock
        self._keep_videos = keep_videos
        self._release_unknown = release_unknown

    async def run(self) -> None:
        """Sweep until cancelled; a sweep that fails is tried again at the next."""
        while True:
            try:
                await self.sweep()
            except (HailuoError, OSError) as error:
                log.warning("sweep failed", error=str(error))
            await self._clock.sleep(BETWEEN_SWEEPS)

    async def sweep(self) -> None:
        """Do what is due now."""
        now = self._clock.now()
        for job in await self._store.release_unknown(now - self._release_unknown):
            log.warning("released a job of unknown fate", job=job.id, user=job.request.user_id)
        await self._offers.sweep()
        live = {
            name
            for job in await self._store.live_jobs()
            for name in (self._folders.video_name(job.id), self._folders.thumbnail(job.id).name)
        }
        before = now - self._keep_videos
        for folder in (self._folders.videos, self._folders.thumbnails):
            removed = await asyncio.to_thread(_remove_older, folder.iterdir(), before, live)
            if removed:
                log.info("swept", folder=folder.name, files=removed)


def _remove_older(files: Iterable[Path], before: datetime, keep: set[str]) -> int:
    """Remove files last written before a time, but for those a live job still needs."""
    removed = 0
    for path in files:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if path.name not in keep and written < before:
            path.unlink(missing_ok=True)
            removed += 1
    return removed

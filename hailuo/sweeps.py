"""What time takes away: kept videos and pictures, and holds of jobs whose fate stays unknown."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.errors import HailuoError
from hailuo.folders import named_job
from hailuo.jobs import notes

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.folders import Folders
    from hailuo.jobs.job import JobId
    from hailuo.jobs.worker import Worker
    from hailuo.store import Store

log = structlog.get_logger(__name__)

BETWEEN_SWEEPS: Final = timedelta(minutes=15)
HISTORY_KEPT: Final = timedelta(days=365)
"""How long after its end a job stays in its member's history; docs/privacy.md promises it."""
LONGEST_COUNT: Final = timedelta(days=1)
"""The day's cap counts as far back, whatever the quota's window."""
LONGEST_ARRIVAL: Final = timedelta(hours=1)
MARGIN: Final = timedelta(hours=1)
"""By how much clocks may differ before a name or a token that still counts is taken away."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long what the operator sets a term for stays."""

    videos: timedelta
    unknown: timedelta
    """After how long a member gets back what a job of unknown fate holds."""
    quota_window: timedelta


class Sweeper:
    """Sweeps at start and every quarter of an hour, in one process of all."""

    def __init__(
        self,
        store: Store,
        folders: Folders,
        clock: Clock,
        *,
        terms: Terms,
        worker: Worker,
    ) -> None:
        self._store = store
        self._folders = folders
        self._clock = clock
        self._terms = terms
        self._worker = worker

    async def run(self) -> None:
        """Sweep until cancelled; a sweep that fails, by whatever, is tried again at the next."""
        while True:
            try:
                if await self._store.lead("sweeps", self._worker.id, 2 * BETWEEN_SWEEPS):
                    await self.sweep()
            except (HailuoError, OSError) as error:
                log.warning("sweep failed", error=str(error))
            except Exception:
                log.exception("sweep failed unexpectedly")
            await self._clock.sleep(BETWEEN_SWEEPS)

    async def sweep(self) -> None:
        """Do what is due now."""
        now = self._clock.now()
        before = now - self._terms.unknown
        for job in await self._store.release_unknown(before, self._worker.id):
            self._worker.poke(job.id)
            log.warning("released a job of unknown fate", job=job.id, user=job.request.user_id)
        await self._forget(now)
        # What became of an unclear job may yet be found out, and it goes on with its picture.
        needed = {job.id for job in await self._store.live_jobs()}
        needed |= set(await self._store.sweeps.undecided())
        for folder, kept_for in (
            (self._folders.videos, self._terms.videos),
            (self._folders.thumbnails, self._terms.videos),
            (self._folders.pictures, self._terms.videos),
            # What a process left that died while a picture, or somebody's copy, was on its way.
            (self._folders.incoming, LONGEST_ARRIVAL),
            (self._folders.finds, notes.LIFETIME),
            (self._folders.offers, notes.LIFETIME),
        ):
            removed = await asyncio.to_thread(_remove_older, folder, now - kept_for, needed)
            if removed:
                log.info("swept", folder=folder.name, files=removed)

    async def _forget(self, now: datetime) -> None:
        """Take away what nothing needs any more: dead tokens, old histories, names on husks."""
        stored = self._store.sweeps
        tokens = await stored.blank_tokens(now - MARGIN)
        old = await stored.forget_before(now - HISTORY_KEPT)
        if old:
            await asyncio.to_thread(self._folders.remove_jobs, set(old))
        counted = max(self._terms.quota_window, LONGEST_COUNT)
        nameless = await stored.anonymise(now - counted - MARGIN)
        if tokens or old or nameless:
            log.info("forgot", tokens=tokens, jobs=len(old), names=nameless)


def _remove_older(folder: Path, before: datetime, needed: set[JobId]) -> int:
    """Remove files last written before a time, but for those of jobs that need them yet."""
    removed = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # deleted or withdrawn meanwhile
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            if named_job(path) not in needed and written < before:
                path.unlink()
                removed += 1
    return removed

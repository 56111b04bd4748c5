"""From a member's request to an accepted job: fetch, clean, check, hold quota."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hailuo import quotas
from hailuo.images.formats import MAX_FILE_BYTES
from hailuo.jobs.checks import check_prompt, check_size
from hailuo.jobs.job import Job, Picture, job_id_of

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.fetch import Fetcher
    from hailuo.folders import Folders
    from hailuo.images.doctor import PictureDoctor
    from hailuo.jobs.job import Request, WorkerId
    from hailuo.store import Store

AT_ONCE: Final = 4
"""Pictures in work at the same time; the rest wait their turn after they were acknowledged."""


class Intake:
    """Takes requests; whatever it refuses costs nothing and leaves nothing behind."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        doctor: PictureDoctor,
        folders: Folders,
        limits: quotas.Limits,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._doctor = doctor
        self._folders = folders
        self._limits = limits
        self._room = asyncio.Semaphore(AT_ONCE)

    async def accept(self, request: Request, picture_url: str, owner: WorkerId) -> Job:
        """Return the accepted job, or raise the `HailuoError` that says why not.

        The same interaction delivered twice is one job.
        """
        check_prompt(request.prompt)
        known = await self._store.job(job_id_of(request.interaction_id))
        if known is not None:
            return known
        # Asked first as a courtesy, so that nobody waits for a refusal; `accept` decides.
        usage = await self._store.usage(request.user_id, request.guild_id, self._limits)
        quotas.check(self._limits, usage)
        async with self._room:
            picture = await self._take_picture(request, picture_url)
        try:
            job = await self._store.accept(request, picture, self._limits, owner)
        except BaseException:
            await asyncio.to_thread(self._folders.picture(picture.name).unlink, missing_ok=True)
            raise
        return job

    async def _take_picture(self, request: Request, url: str) -> Picture:
        """Fetch the picture, and keep a clean copy that obeys the API's rules."""
        job_id = job_id_of(request.interaction_id)
        incoming = self._folders.incoming / job_id
        cleaned = self._folders.incoming / f"{job_id}.clean"
        try:
            await self._fetcher.fetch(url, incoming, max_bytes=MAX_FILE_BYTES)
            picture = await self._doctor.clean(incoming, cleaned)
            check_size(picture.original.size.width, picture.original.size.height)
            name = f"{job_id}{picture.format.suffix}"
            await asyncio.to_thread(cleaned.replace, self._folders.picture(name))
        finally:
            await asyncio.to_thread(_remove, incoming, cleaned)
        return Picture(name, picture.width, picture.height)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

"""Hands a finished video over: whole where it fits, made smaller where not, else as its link."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from hailuo.jobs.presenter import CardTooLargeError, Delivery
from hailuo.videos.errors import VideoRefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.folders import Folders
    from hailuo.jobs.job import Job
    from hailuo.jobs.presenter import Presenter
    from hailuo.videos.doctor import VideoDoctor

log = structlog.get_logger(__name__)

SMALLER: Final = 0.75
"""How much smaller to try, at least, where a place takes less than it promised."""
TRIES: Final = 2


class Handover:
    """Finds the file that a place can carry."""

    def __init__(self, videos: VideoDoctor, folders: Folders) -> None:
        self._videos = videos
        self._folders = folders

    async def deliver(self, job: Job, presenter: Presenter) -> Delivery:
        """Have the presenter hand over the job's video in the best form its place takes."""
        picture = self._folders.picture(job.picture.name)
        limit = presenter.upload_limit(job)
        for _ in range(TRIES):
            video = await self.video_within(job, limit)
            if video is None:
                break
            try:
                return await presenter.deliver(job, video, picture)
            except CardTooLargeError as error:
                log.info("too large after all", job=job.id, limit=limit, error=str(error))
                limit = min(int(limit * SMALLER), presenter.upload_limit(job))
        return await presenter.deliver(job, None, picture)

    async def video_within(self, job: Job, max_bytes: int) -> Path | None:
        """Return the job's video in a file of at most ``max_bytes``; None where there is none.

        What was made smaller is kept beside the whole file, and swept with it.
        """
        if job.video is None:
            return None
        whole = self._folders.video(job.video.name)
        if not await asyncio.to_thread(whole.is_file):
            return None
        if job.video.size <= max_bytes:
            return whole
        smaller = self._folders.video(f"{job.id}-{max_bytes}.mp4")
        if await asyncio.to_thread(smaller.is_file):
            return smaller
        try:
            info = await self._videos.fit(whole, smaller, max_bytes)
        except VideoRefusedError as error:
            log.warning("cannot be made smaller", job=job.id, limit=max_bytes, error=str(error))
            return None
        log.info("made smaller", job=job.id, size=job.video.size, limit=max_bytes, now=info.bytes)
        return smaller

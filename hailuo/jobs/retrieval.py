"""Brings a finished video to our disk, with the stills that are shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from hailuo.errors import HailuoError
from hailuo.jobs.job import Video
from hailuo.runcomfy.download import download_video
from hailuo.runcomfy.errors import ResultNotReadyError
from hailuo.runcomfy.models import Output, RequestId

if TYPE_CHECKING:
    from hailuo.fetch import Fetcher
    from hailuo.folders import Folders
    from hailuo.jobs.job import Job
    from hailuo.runcomfy.client import RunComfyClient
    from hailuo.videos.doctor import VideoDoctor

log = structlog.get_logger(__name__)


class Retrieval:
    """Asks for the result again, since it is free, and keeps what it leads to."""

    def __init__(
        self, api: RunComfyClient, fetcher: Fetcher, videos: VideoDoctor, folders: Folders
    ) -> None:
        self._api = api
        self._fetcher = fetcher
        self._videos = videos
        self._folders = folders

    async def bring(self, job: Job, request_id: RequestId) -> Video:
        """Return the job's video, on our disk and known to be one.

        Safe to repeat. Raises `RunComfyError`, `FetchError` or `NoVideoError`.
        """
        result = await self._api.result(request_id)
        if not isinstance(result, Output):
            # It was there a moment ago, so this is worth another look.
            raise ResultNotReadyError(f"fetching, and the result says {type(result).__name__}")
        name = self._folders.video_name(job.id)
        downloaded = await download_video(
            result,
            self._folders.video(name),
            fetcher=self._fetcher,
            probe=self._videos.probe,
        )
        await self._keep_stills(job, name)
        return Video(
            name=name,
            url=downloaded.file.url,
            size=downloaded.file.size,
            width=downloaded.info.width,
            height=downloaded.info.height,
            seconds=downloaded.info.duration.total_seconds(),
        )

    async def _keep_stills(self, job: Job, name: str) -> None:
        """Keep the first frame, which /history shows, and the last; they are no condition."""
        source = self._folders.video(name)
        try:
            await self._videos.poster(source, self._folders.thumbnail(job.id))
            await self._videos.last_frame(source, self._folders.last_frame(job.id))
        except HailuoError as error:
            log.warning("no stills", job=job.id, error=str(error))

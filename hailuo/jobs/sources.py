"""Where a job's picture may come from, and how it reaches our disk."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from hailuo.children.errors import ChildError
from hailuo.errors import HailuoError
from hailuo.fetch.errors import FileTooLargeError
from hailuo.images.formats import MAX_FILE_BYTES
from hailuo.videos.errors import VideoRefusedError
from hailuo.wording import N_

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.fetch import Fetcher
    from hailuo.jobs.job import Picture
    from hailuo.videos.doctor import VideoDoctor

MAX_VIDEO_BYTES: Final = 100_000_000
"""Bytes of a member's video, of which one frame is wanted; Discord's own limit with boosts."""


class MediaKind(StrEnum):
    """What a file is; of a video its last frame is taken."""

    PICTURE = "picture"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Linked:
    """A picture or a video at one of Discord's addresses."""

    url: str = field(repr=False)
    kind: MediaKind = MediaKind.PICTURE


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file of ours that is to be cleaned and checked as anybody's: a video, or its last frame."""

    path: Path
    kind: MediaKind = MediaKind.PICTURE


@dataclass(frozen=True, slots=True)
class Kept:
    """The clean picture of an earlier job, to be taken as it is."""

    path: Path
    picture: Picture


Source: TypeAlias = Linked | OnDisk | Kept


class SourceGoneError(HailuoError):
    """The file is no longer there, neither on our disk nor on Discord."""

    sentence: ClassVar[str] = N_(
        "What this would begin with is no longer kept: files are removed after some days. Nothing "
        "was counted; please use /animate with the picture itself."
    )


class VideoTooHeavyError(HailuoError):
    """A video with too many bytes to be fetched for one frame."""

    sentence: ClassVar[str] = N_(
        "This video is too large: it may have {limit} MB at most. Nothing was counted; please "
        "take a picture of it, and use /animate with that."
    )


class NoFrameError(HailuoError):
    """A file that calls itself a video, and shows no picture."""

    sentence: ClassVar[str] = N_(
        "No picture could be taken from this video: it is damaged, or of a kind that is not read "
        "here. Nothing was counted; please use /animate with a picture of it."
    )


class Sources:
    """Brings pictures, and last frames of videos, to where the picture doctor reads them."""

    def __init__(self, fetcher: Fetcher, videos: VideoDoctor) -> None:
        self._fetcher = fetcher
        self._videos = videos

    async def bring(self, source: Linked | OnDisk, target: Path) -> None:
        """Put the picture at ``target``; raise the `HailuoError` that says why not."""
        match source:
            case OnDisk(path, MediaKind.VIDEO):
                await self._write_frame(path, target)
            case OnDisk(path):
                await copy(path, target)
            case Linked(url, MediaKind.VIDEO):
                await self._fetch_frame(url, target)
            case Linked(url):
                await self._fetcher.fetch(url, target, max_bytes=MAX_FILE_BYTES)

    async def _fetch_frame(self, url: str, target: Path) -> None:
        video = target.with_name(f"{target.name}.video")
        try:
            await self._fetcher.fetch(url, video, max_bytes=MAX_VIDEO_BYTES)
            await self._write_frame(video, target)
        except FileTooLargeError as error:
            raise VideoTooHeavyError(error.detail, limit=MAX_VIDEO_BYTES // 10**6) from error
        finally:
            await asyncio.to_thread(video.unlink, missing_ok=True)

    async def _write_frame(self, video: Path, target: Path) -> None:
        try:
            await self._videos.last_frame(video, target)
        except VideoRefusedError as error:
            raise NoFrameError(error.detail) from error
        except ChildError as error:
            if await asyncio.to_thread(video.exists):
                raise
            raise SourceGoneError(f"{video.name} went while it waited") from error


async def copy(source: Path, target: Path) -> None:
    """Copy a file of ours; raise `SourceGoneError` where time has taken it."""
    try:
        await asyncio.to_thread(shutil.copyfile, source, target)
    except FileNotFoundError as error:
        raise SourceGoneError(f"{source.name} is gone") from error

"""Download a finished job's video, and believe that it is one only after a look inside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from hailuo.errors import HailuoError
from hailuo.fetch import FetchError
from hailuo.sizes import MIB
from hailuo.videos.container import container_of
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from hailuo.fetch import FetchedFile, Fetcher
    from hailuo.runcomfy.models import Output

T = TypeVar("T")

LARGEST_VIDEO = 512 * MIB
"""Bytes; the cap of the vendor's own node."""


class NoVideoError(HailuoError):
    """The job is done, and none of its files is a video that can be played."""

    sentence = N_(
        "RunComfy finished, but what it made is not a playable video. It was not counted; "
        "please try again."
    )


@dataclass(frozen=True, slots=True)
class DownloadedVideo(Generic[T]):
    """A whole file on disk, and what the probe found in it."""

    file: FetchedFile
    info: T


async def download_video(
    output: Output,
    target: Path,
    *,
    fetcher: Fetcher,
    probe: Callable[[Path], Awaitable[T]],
    max_bytes: int = LARGEST_VIDEO,
) -> DownloadedVideo[T]:
    """Put the first of ``output``'s files that is a video at ``target``.

    Which one that is, its content tells, not the key it came under. ``probe`` reads the container
    and decodes a frame, best in a process that may be killed; it raises a HailuoError that is not
    ``retryable`` for a file that is no video. A retryable error is passed on, since the video
    may be the very file that did not come; else the first FetchError, or NoVideoError.
    """
    refused: FetchError | None = None
    for url in output.urls:
        try:
            file = await fetcher.fetch(url, target, max_bytes=max_bytes)
        except FetchError as error:
            if error.retryable:
                raise
            refused = refused or error
            continue
        info = await _look_inside(target, probe)
        if info is not None:
            return DownloadedVideo(file, info)
    if refused is not None:
        raise refused
    raise NoVideoError(f"no video among {len(output.urls)} files")


async def _look_inside(path: Path, probe: Callable[[Path], Awaitable[T]]) -> T | None:
    """Return what the probe says; None, and no file, if it is no video."""
    try:
        if await asyncio.to_thread(container_of, path):
            return await probe(path)
    except HailuoError as error:
        if error.retryable:
            raise
    await asyncio.to_thread(path.unlink, missing_ok=True)
    return None

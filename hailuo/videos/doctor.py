"""The door to the video tools: probe, poster, last frame, and fit under a size."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from hailuo.children import frames
from hailuo.children.errors import (
    ChildDiedError,
    ChildGarbledError,
    ChildTimeoutError,
)
from hailuo.children.files import part_of
from hailuo.children.limits import Limits
from hailuo.children.pool import ChildPool
from hailuo.sizes import MIB
from hailuo.videos.errors import REFUSALS, VideoTooCostlyError, VideoUnreadableError
from hailuo.videos.video import VideoInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hailuo.children.frames import Message

T = TypeVar("T")

GLANCE_WITHIN: Final = timedelta(seconds=60)
"""Wall time of a probe or one frame; reading 100 MB takes about a second."""
FIT_WITHIN: Final = timedelta(minutes=10)
"""Wall time of a re-encoding; a minute of 1080p takes about one on a free core."""


def video_pool(*, size: int = 1, queue: int = 32) -> ChildPool:
    """Return the pool that a `VideoDoctor` needs; the caller enters it."""
    return ChildPool(
        "hailuo.videos.tasks",
        refusals=REFUSALS,
        limits=Limits(
            memory_bytes=1024 * MIB,
            cpu_seconds=int(FIT_WITHIN.total_seconds()) * 2,
            file_bytes=512 * MIB,
        ),
        size=size,
        queue=queue,
        jobs_per_child=20,
    )


class VideoDoctor:
    """Work on videos in the child processes of ``pool``; cancelling stops the work.

    Every method raises a `VideoRefusedError` for a file that cannot be used, and
    `PoolBusyError` when too many wait. What is left of `ChildError` is our own fault, and worth
    another try: no child could be started, the machine was too slow, the disk is full.
    """

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    async def probe(self, source: Path) -> VideoInfo:
        """Return what the video is, once its packets are read and one frame is decoded."""
        return await self._run("probe", {"source": str(source)}, _info, within=GLANCE_WITHIN)

    async def poster(self, source: Path, target: Path) -> None:
        """Write the first frame to ``target`` as a JPEG with no side over 1,280 pixels."""
        await self._write("poster", source, target, _nothing, within=GLANCE_WITHIN)

    async def last_frame(self, source: Path, target: Path) -> None:
        """Write the last frame to ``target`` as a JPEG with no side over 1,280 pixels."""
        await self._write("last_frame", source, target, _nothing, within=GLANCE_WITHIN)

    async def fit(self, source: Path, target: Path, max_bytes: int) -> VideoInfo:
        """Re-encode the video to an MP4 of at most ``max_bytes`` at ``target``.

        Width is kept before bitrate. Raise `VideoUnfittableError` where the outcome would not be
        worth watching, and `VideoTooCostlyError` where it would take too long.
        """
        try:
            return await self._write(
                "fit", source, target, _info, within=FIT_WITHIN, max_bytes=max_bytes
            )
        except ChildTimeoutError as error:
            raise VideoTooCostlyError(error.detail) from error

    async def _write(
        self,
        task: str,
        source: Path,
        target: Path,
        parse: Callable[[Message], T],
        *,
        within: timedelta,
        **options: object,
    ) -> T:
        arguments = {"source": str(source), "target": str(target), **options}
        try:
            return await self._run(task, arguments, parse, within=within)
        finally:
            part_of(target).unlink(missing_ok=True)  # left by a child that was killed in between

    async def _run(
        self,
        task: str,
        arguments: Mapping[str, object],
        parse: Callable[[Message], T],
        *,
        within: timedelta,
    ) -> T:
        try:
            return parse(await self._pool.run(task, arguments, within=within))
        except (ChildDiedError, ChildGarbledError) as error:
            raise VideoUnreadableError(error.detail) from error


def _nothing(_answer: Message) -> None:
    """Read nothing from an answer that only says that the file is there."""


def _info(answer: Message) -> VideoInfo:
    codec = answer.get("codec")
    return VideoInfo(
        width=frames.whole(answer, "width"),
        height=frames.whole(answer, "height"),
        duration=timedelta(seconds=frames.number(answer, "duration")),
        codec=codec if isinstance(codec, str) else "unknown",
        fps=frames.number(answer, "fps"),
        bytes=frames.whole(answer, "bytes"),
        has_audio=answer.get("has_audio") is True,
    )

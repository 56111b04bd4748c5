"""The door to the picture doctor: from an uploaded file to a clean picture, or a refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from hailuo.children import frames
from hailuo.children.errors import ChildDiedError, ChildGarbledError, ChildTimeoutError
from hailuo.children.files import part_of
from hailuo.children.limits import Limits
from hailuo.children.pool import ChildPool
from hailuo.images.errors import REFUSALS, PictureTooCostlyError, PictureUnreadableError
from hailuo.images.formats import PictureFormat
from hailuo.images.picture import Original, Picture, Size
from hailuo.sizes import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hailuo.children.frames import Message
    from hailuo.images.repair import Repair

T = TypeVar("T")

WITHIN: Final = timedelta(seconds=20)
"""Wall time of one picture, on a machine that has much else to do."""
CPU_SECONDS: Final = 8
"""Processor time of one picture; the largest take about 2 s. Others wait while one is in work."""


def picture_pool(*, size: int = 2, queue: int = 32) -> ChildPool:
    """Return the pool that a `PictureDoctor` needs; the caller enters it."""
    return ChildPool(
        "hailuo.images.tasks",
        refusals=REFUSALS,
        limits=Limits(memory_bytes=512 * MIB, cpu_seconds=CPU_SECONDS, file_bytes=64 * MIB),
        size=size,
        queue=queue,
    )


class PictureDoctor:
    """Check and clean pictures of strangers, in the child processes of ``pool``.

    Every method raises a `PictureRefusedError` for a picture that cannot be used, whatever it
    does to its decoder, and `PoolBusyError` when too many wait. What is left of `ChildError` is
    our own fault: no child could be started, or the disk is full.
    """

    def __init__(self, pool: ChildPool, *, within: timedelta = WITHIN) -> None:
        self._pool = pool
        self._within = within

    async def inspect(self, source: Path) -> Original:
        """Decode the picture and return what it is, without writing anything."""
        return await self._run("inspect", {"source": str(source)}, _original)

    async def clean(self, source: Path, target: Path) -> Picture:
        """Write the picture anew to exactly ``target`` and return what is there.

        It is RGB in sRGB, upright, flat, without metadata, no side over 2,048 pixels, at most
        8 MB; a JPEG or a PNG, whatever the name of ``target``. The model's rules on the size are
        not checked here: check them on ``original.size``, and see `repairs` for what can be done.
        The clean picture obeys them whenever its original does.
        """
        return await self._write("clean", {"source": str(source)}, target)

    async def repair(self, source: Path, target: Path, repair: Repair) -> Picture:
        """Write the picture anew as `repairs.plan` planned it, from the file as it came.

        The outcome is like that of `clean`, at the size of ``repair.result``.
        """
        arguments: dict[str, object] = {
            "source": str(source),
            "kind": repair.kind.value,
            "size": _pair(repair.source),
            "frame": _pair(repair.frame),
            "result": _pair(repair.result),
        }
        return await self._write("repair", arguments, target)

    async def _write(self, task: str, arguments: dict[str, object], target: Path) -> Picture:
        try:
            return await self._run(
                task, {**arguments, "target": str(target)}, lambda answer: _picture(answer, target)
            )
        finally:
            part_of(target).unlink(missing_ok=True)  # left by a child that was killed in between

    async def _run(
        self, task: str, arguments: Mapping[str, object], parse: Callable[[Message], T]
    ) -> T:
        try:
            return parse(await self._pool.run(task, arguments, within=self._within))
        except ChildTimeoutError as error:
            raise PictureTooCostlyError(error.detail) from error
        except (ChildDiedError, ChildGarbledError) as error:
            raise PictureUnreadableError(error.detail) from error


def _picture(answer: Message, path: Path) -> Picture:
    return Picture(
        path=path,
        size=_size(answer),
        format=_format(answer),
        bytes=frames.whole(answer, "bytes"),
        original=_original(frames.as_message(answer.get("original"))),
    )


def _original(answer: Message) -> Original:
    return Original(
        size=_size(answer),
        format=_format(answer),
        bytes=frames.whole(answer, "bytes"),
        animated=answer.get("animated") is True,
        transparent=answer.get("transparent") is True,
    )


def _pair(size: Size) -> tuple[int, int]:
    return size.width, size.height


def _size(answer: Message) -> Size:
    return Size(frames.whole(answer, "width"), frames.whole(answer, "height"))


def _format(answer: Message) -> PictureFormat:
    try:
        return PictureFormat(answer.get("format"))
    except ValueError as error:
        raise ChildGarbledError(f"no format: {error}") from error

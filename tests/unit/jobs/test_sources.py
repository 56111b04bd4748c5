"""What is to be animated may go while it waits for a child; then that is what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hailuo.children.errors import TaskRaisedError
from hailuo.fetch import AllowedHosts, Fetcher
from hailuo.jobs.sources import MediaKind, OnDisk, SourceGoneError, Sources

if TYPE_CHECKING:
    from pathlib import Path


class Child:
    """Video tools that find no file, or fail with the file there."""

    def __init__(self, *, takes: bool) -> None:
        self._takes = takes

    async def last_frame(self, source: Path, target: Path) -> None:
        """Fail, as a task does."""
        del target
        if self._takes:
            source.unlink()
        raise TaskRaisedError("FileNotFoundError")


@pytest.mark.parametrize(("takes", "error"), [(True, SourceGoneError), (False, TaskRaisedError)])
async def test_a_video_that_goes_while_it_waits_is_said_to_be_gone(
    tmp_path: Path, error: type[Exception], *, takes: bool
) -> None:
    video = tmp_path / "video.mp4"
    video.touch()
    child = Child(takes=takes)
    sources = Sources(Fetcher(AllowedHosts.parse(())), child)  # pyright: ignore[reportArgumentType]  # all that is asked of it
    with pytest.raises(error):
        await sources.bring(OnDisk(video, MediaKind.VIDEO), tmp_path / "target")

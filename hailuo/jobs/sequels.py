"""What may come after a job: the same picture again, or on from its video's last frame."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from hailuo.errors import HailuoError
from hailuo.jobs.sources import Kept, MediaKind, OnDisk
from hailuo.wording import N_

if TYPE_CHECKING:
    from hailuo.folders import Folders
    from hailuo.jobs.job import Job, Request, UserId
    from hailuo.store import Store


class NoSuchVideoError(HailuoError):
    """The job is not known here: deleted, forgotten, or of another place."""

    sentence: ClassVar[str] = N_("This bot does not know that video any more. Nothing was counted.")


class PictureNotSharedError(HailuoError):
    """The picture's member does not let others animate it."""

    sentence: ClassVar[str] = N_(
        "The member whose picture this is would rather not have others animate it. Nothing was "
        "counted."
    )


class Sequels:
    """Finds what a job's sequel would begin with, and asks whose picture it is."""

    def __init__(self, store: Store, folders: Folders) -> None:
        self._store = store
        self._folders = folders

    async def check(self, request: Request) -> None:
        """Raise where what a request comes from was deleted, or is not shared with its member."""
        await self.check_shared(request.picture_of, request.user_id)
        if request.parent_id is not None:
            parent = await self._store.job(request.parent_id)
            if parent is None or parent.deleted_at is not None:
                raise NoSuchVideoError(f"{request.parent_id} was deleted")

    async def check_shared(self, owner: UserId | None, user_id: UserId) -> None:
        """Raise `PictureNotSharedError` where ``user_id`` may not animate a picture of ``owner``.

        None as the owner, and everybody's own pictures, are always allowed.
        """
        if owner is None or owner == user_id or await self._store.shares_pictures(owner):
            return
        raise PictureNotSharedError(f"of {owner}, asked by {user_id}")

    async def picture(self, job: Job) -> Kept | None:
        """Return the job's clean picture; None where it is not kept any more."""
        path = self._folders.picture(job.picture.name)
        return Kept(path, job.picture) if await asyncio.to_thread(path.is_file) else None

    async def last_frame(self, job: Job) -> OnDisk | None:
        """Return what shows the last frame of the job's video; None where nothing is kept."""
        still = self._folders.last_frame(job.id)
        if await asyncio.to_thread(still.is_file):
            return OnDisk(still)
        video = None if job.video is None else self._folders.video(job.video.name)
        if video is None or not await asyncio.to_thread(video.is_file):
            return None
        return OnDisk(video, MediaKind.VIDEO)


def owner_of(job: Job) -> UserId:
    """Return whose picture a job animates."""
    return job.request.picture_of or job.request.user_id

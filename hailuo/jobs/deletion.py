"""Deleting a job that has ended: its card, its files, and what is stored of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

import structlog

from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from hailuo.folders import Folders
    from hailuo.jobs.job import Job, JobId, UserId
    from hailuo.jobs.presenter import Presenter
    from hailuo.store import Store

log = structlog.get_logger(__name__)


class StillLiveError(HailuoError):
    """The job has a way to go, and would go on without its card."""

    sentence: ClassVar[str] = N_(
        "This video is still in the making: cancel it first. Nothing was deleted."
    )


class UndecidedError(HailuoError):
    """Nobody can tell whether the job was taken, so its video may yet come."""

    sentence: ClassVar[str] = N_(
        "Nobody can tell yet whether this video was begun, so what is known of it is still "
        "needed. Nothing was deleted; please try again in a day."
    )


async def check(job: Job, store: Store) -> None:
    """Raise the `HailuoError` that says why a job may not be deleted now."""
    if job.live:
        raise StillLiveError(f"{job.id} is {job.state}")
    if not await store.is_decided(job):
        raise UndecidedError(f"{job.id} is {job.state}")


async def delete(
    job_id: JobId, by: UserId, *, store: Store, folders: Folders, presenter: Presenter
) -> bool:
    """Delete a job, or raise the `HailuoError` that says why not; one that is gone is no error.

    Returns whether nothing of its card stands any more. The row, by which all else is found, goes
    last, so that an attempt which fails on the way can be made again.
    """
    job = await store.job(job_id)
    if job is None or job.deleted_at is not None:
        return True
    await check(job, store)
    nothing_stands = await presenter.remove(job)
    await asyncio.to_thread(folders.remove_jobs, {job_id})
    if not await store.mark_deleted(job):
        job = await store.job(job_id)
        if job is not None and job.deleted_at is None:
            raise UndecidedError(f"{job_id} was decided on meanwhile")
    log.info("deleted", job=job_id, by=by, card_stands=not nothing_stands)
    return nothing_stands

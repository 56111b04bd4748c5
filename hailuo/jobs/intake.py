"""From a member's request to an accepted job: fetch, clean, check, hold quota."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from hailuo import quotas
from hailuo.errors import HailuoError
from hailuo.images.repair import RepairKind
from hailuo.images.repairs import plan
from hailuo.jobs.checks import check_prompt, check_size
from hailuo.jobs.job import Job, Picture, job_id_of
from hailuo.jobs.offers import Offer, OfferGoneError
from hailuo.jobs.sources import Kept, copy
from hailuo.store.errors import StoreError
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from hailuo.folders import Folders
    from hailuo.images.doctor import PictureDoctor
    from hailuo.images.repair import Repair
    from hailuo.jobs.job import JobId, Request, UserId, WorkerId
    from hailuo.jobs.offers import Choice, Offers
    from hailuo.jobs.sequels import Sequels
    from hailuo.jobs.sources import Source, Sources
    from hailuo.store import Store

LEAST_FREE_DISK: Final = 1_000_000_000
"""Bytes below which no new job is taken: what runs needs room for its video."""
AT_ONCE: Final = 4
"""Pictures in work at the same time; the rest wait their turn after they were acknowledged."""


class StoppingError(HailuoError):
    """The process is about to end."""

    sentence: ClassVar[str] = N_(
        "The bot is restarting. Nothing was counted; please try again in a minute."
    )


class DiskFullError(HailuoError):
    """The disk has no room for another video."""

    sentence: ClassVar[str] = N_(
        "The bot's disk is full, so it takes no new videos. Nothing was counted; please tell the "
        "people who run this bot."
    )


class Intake:
    """Takes requests; whatever it refuses costs nothing and leaves nothing behind."""

    def __init__(
        self,
        *,
        store: Store,
        sources: Sources,
        sequels: Sequels,
        doctor: PictureDoctor,
        offers: Offers,
        folders: Folders,
        limits: quotas.Limits,
    ) -> None:
        self._store = store
        self._sources = sources
        self._sequels = sequels
        self._doctor = doctor
        self._offers = offers
        self._folders = folders
        self._limits = limits
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[JobId, UserId] = {}
        self._stopping = False
        self._breakable: set[asyncio.Timeout] = set()

    def stop(self) -> None:
        """Refuse from now on whatever is not accepted yet; what is being accepted will be."""
        self._stopping = True
        for block in self._breakable:
            block.reschedule(0)

    async def accept(
        self,
        request: Request,
        source: Source,
        owner: WorkerId,
        *,
        fit: RepairKind | None = None,
    ) -> Job | Offer:
        """Return the accepted job, or raise the `HailuoError` that says why not.

        A picture whose size breaks a rule is repaired as ``fit`` says or, where that says
        nothing, comes back as an offer. The same interaction delivered twice is one job.
        """
        check_prompt(request.prompt)
        known = await self._store.job(job_id_of(request.interaction_id))
        if known is not None:
            return known
        async with self._turn(request):
            picture = await self._take_picture(request, source, fit)
        if isinstance(picture, Offer):
            return picture
        return await self._hold(request, picture, owner)

    async def accept_offer(
        self, request: Request, offer: Offer, choice: Choice, owner: WorkerId
    ) -> Job:
        """Return the job made of an offer's choice; raise the `HailuoError` that says why not."""
        if self._stopping:
            raise StoppingError
        await self._offers.close(offer)
        try:
            name = f"{job_id_of(request.interaction_id)}{choice.path.suffix}"
            await asyncio.to_thread(shutil.copyfile, choice.path, self._folders.picture(name))
            job = await self._hold(request, Picture(name, choice.width, choice.height), owner)
        except FileNotFoundError as error:
            raise OfferGoneError(f"{offer.id} was withdrawn") from error
        except Exception:
            await self._offers.reopen(offer)
            raise
        await self._offers.withdraw(offer.id, offer.user_id)
        return job

    @asynccontextmanager
    async def _turn(self, request: Request) -> AsyncGenerator[None]:
        """Refuse what can be refused before a picture is touched; else wait until one may be.

        The quota is asked as a courtesy, so that nobody waits for a refusal; the store decides.
        """
        await self._sequels.check(request)
        usage = await self._store.usage(request.user_id, request.guild_id, self._limits)
        job_id, user_id = job_id_of(request.interaction_id), request.user_id
        # A picture may keep its child busy for long, so nobody has more of them in work than jobs.
        others = sum(
            self._under_way[other] == user_id for other in self._under_way.keys() - {job_id}
        )
        quotas.check(self._limits, replace(usage, live_of_user=usage.live_of_user + others))
        self._under_way[job_id] = user_id
        try:
            async with self._unless_stopping(), self._room:
                await asyncio.to_thread(_check_disk, self._folders.incoming)
                yield
        finally:
            self._under_way.pop(job_id, None)

    async def _hold(self, request: Request, picture: Picture, owner: WorkerId) -> Job:
        """Hold quota and record the job; a refusal leaves no picture behind."""
        try:
            await self._sequels.check(request)  # while it came, its owner may have said no
            return await self._store.accept(request, picture, self._limits, owner)
        except StoreError:
            # Perhaps only the answer to the commit was lost: then the job needs its picture.
            job = await self._store.job(job_id_of(request.interaction_id))
            if job is None:
                await self._drop(picture)
                raise
            return job
        except HailuoError:
            # Not on cancellation: the write may yet succeed, and would need the picture.
            await self._drop(picture)
            raise

    async def _drop(self, picture: Picture) -> None:
        await asyncio.to_thread(_remove, self._folders.picture(picture.name))

    @asynccontextmanager
    async def _unless_stopping(self) -> AsyncGenerator[None]:
        """Break the block off with a `StoppingError` when the process is about to end."""
        if self._stopping:
            raise StoppingError
        block = asyncio.timeout(None)
        try:
            async with block:
                self._breakable.add(block)
                yield
        except TimeoutError as error:
            if block.expired():
                raise StoppingError from error
            raise
        finally:
            self._breakable.discard(block)

    async def _take_picture(
        self, request: Request, source: Source, fit: RepairKind | None
    ) -> Picture | Offer:
        """Bring the picture, and keep a clean copy that obeys the API's rules, or offer some."""
        job_id = job_id_of(request.interaction_id)
        if isinstance(source, Kept):
            name = f"{job_id}{source.path.suffix}"
            await copy(source.path, self._folders.picture(name))
            return replace(source.picture, name=name)
        incoming = self._folders.incoming / job_id
        cleaned = self._folders.incoming / f"{job_id}.clean"
        try:
            await self._sources.bring(source, incoming)
            picture = await self._doctor.clean(incoming, cleaned)
            size = picture.original.size
            repairs = plan(size)
            if not repairs:
                check_size(size.width, size.height)
            else:
                repair = _chosen(repairs, fit)
                if repair is None:
                    return await self._offers.make(request, incoming, size)
                picture = await self._doctor.repair(incoming, cleaned, repair)
            name = f"{job_id}{picture.format.suffix}"
            await asyncio.to_thread(cleaned.replace, self._folders.picture(name))
        finally:
            await asyncio.to_thread(_remove, incoming, cleaned)
        return Picture(name, picture.width, picture.height)


def _chosen(repairs: Sequence[Repair], fit: RepairKind | None) -> Repair | None:
    """Return the repair that was chosen in advance; one chosen for long pictures enlarges too."""
    if fit is None:
        return None
    wanted = {fit, RepairKind.ENLARGE}
    return next((repair for repair in repairs if repair.kind in wanted), None)


def _check_disk(folder: Path) -> None:
    """Raise `DiskFullError` where a video might find no room any more."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_DISK:
        raise DiskFullError(f"{free // 10**6} MB left")


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

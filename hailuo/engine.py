"""The engine: everything of the bot that is not Discord, opened and closed as one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from yarl import URL

from hailuo import quotas
from hailuo.clock import SystemClock
from hailuo.errors import HailuoError
from hailuo.fetch import AllowedHosts, Fetcher
from hailuo.folders import Folders
from hailuo.images.doctor import PictureDoctor, picture_pool
from hailuo.jobs import deletion
from hailuo.jobs.finds import Finds
from hailuo.jobs.handover import Handover
from hailuo.jobs.intake import Intake, StoppingError
from hailuo.jobs.job import job_id_of
from hailuo.jobs.line import Line
from hailuo.jobs.lookout import Lookout
from hailuo.jobs.offers import Offer, Offers
from hailuo.jobs.pacing import Pacing
from hailuo.jobs.retrieval import Retrieval
from hailuo.jobs.sequels import Sequels
from hailuo.jobs.sources import Sources
from hailuo.jobs.stages import JobStages
from hailuo.jobs.worker import Worker, new_worker_id
from hailuo.privacy import Privacy
from hailuo.runcomfy.answers import parse_request_id
from hailuo.runcomfy.client import RunComfyClient
from hailuo.runcomfy.errors import MalformedAnswerError, RequestNotFoundError
from hailuo.settings import ConfigurationError
from hailuo.store import Store
from hailuo.sweeps import Sweeper, Terms
from hailuo.videos.doctor import VideoDoctor, video_pool
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.images.repair import RepairKind
    from hailuo.jobs.job import GuildId, Job, JobId, Request, UserId, WorkerId
    from hailuo.jobs.offers import Choice
    from hailuo.jobs.presenter import Alarm, Presenter
    from hailuo.jobs.sources import Source
    from hailuo.settings import Settings

DISCORD_CDN: Final = (
    "cdn.discordapp.com",
    "media.discordapp.net",
    # What stands outside Discord, and is shown in embeds, is served by these alone.
    *(f"images-ext-{number}.discordapp.net" for number in range(1, 10)),
)
LEARN_FROM: Final = 200
"""Finished jobs that the pacing learns from at start."""


class NoSuchRequestError(HailuoError):
    """An operator named a request that the API does not have."""

    sentence: ClassVar[str] = N_(
        "RunComfy does not know that request id: copy it again. Nothing was changed."
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """What the engine is made of, each open for as long as the engine is."""

    store: Store
    api: RunComfyClient
    pictures: Fetcher
    results: Fetcher
    doctor: PictureDoctor
    videos: VideoDoctor
    folders: Folders
    clock: Clock


class Engine:
    """What the cogs may ask for; open it with `Engine.open`, then have it `run`."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings = settings
        self.store = parts.store
        self.clock = parts.clock
        self.limits = quotas.Limits.of(settings)
        self._parts = parts
        self.finds = Finds(parts.folders.finds, parts.clock)
        self.sequels = Sequels(parts.store, parts.folders)
        self.privacy = Privacy(parts.store, parts.folders)
        self._handover = Handover(parts.videos, parts.folders)
        self._offers = Offers(parts.folders.offers, parts.doctor, parts.clock)
        self._intake = Intake(
            store=parts.store,
            sources=Sources(parts.pictures, parts.videos),
            sequels=self.sequels,
            doctor=parts.doctor,
            offers=self._offers,
            folders=parts.folders,
            limits=self.limits,
        )
        self._first_worker_id = new_worker_id()
        self._worker: Worker | None = None
        self._presenter: Presenter | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings) -> AsyncGenerator[Engine]:
        """Open store, client, fetchers and child processes; close them in good order."""
        clock = SystemClock()
        folders = Folders(settings.data_dir)
        try:
            folders.create()
        except OSError as error:
            raise ConfigurationError(
                f"DATA_DIR cannot be used ({error}): choose a folder that can be written"
            ) from error
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            parts = Parts(
                store=await enter(Store.open(settings.database_url, clock)),
                api=await enter(
                    RunComfyClient(
                        settings.runcomfy_token, settings.runcomfy_api_url, settings.runcomfy_model
                    )
                ),
                pictures=await enter(Fetcher(AllowedHosts.parse(_picture_hosts(settings)))),
                results=await enter(Fetcher(AllowedHosts.parse(settings.result_hosts))),
                doctor=PictureDoctor(await enter(picture_pool())),
                videos=VideoDoctor(await enter(video_pool())),
                folders=folders,
                clock=clock,
            )
            yield cls(settings, parts)

    async def run(self, presenter: Presenter, alarm: Alarm) -> None:
        """Move jobs, and show them through ``presenter``, until cancelled.

        ``alarm`` tells the operators of each job whose fate only they can find out.
        """
        # All this is there before the first await: a job may be accepted from then on.
        self._presenter = presenter
        lookout = Lookout(Pacing(), self.clock)
        stages = self._stages(presenter, alarm, lookout)
        worker = self._worker = Worker(self.worker_id, self.store, stages, self.clock)
        sweeper = self._sweeper(worker)
        for job in reversed(await self.store.finished(LEARN_FROM)):
            lookout.learn(job)
        sweeping = asyncio.create_task(sweeper.run(), name="sweeper")
        try:
            await worker.run()
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    def _stages(self, presenter: Presenter, alarm: Alarm, lookout: Lookout) -> JobStages:
        parts = self._parts
        return JobStages(
            store=parts.store,
            api=parts.api,
            retrieval=Retrieval(parts.api, parts.results, parts.videos, parts.folders),
            handover=self._handover,
            presenter=presenter,
            alarm=alarm,
            lookout=lookout,
            line=Line(parts.store, self.limits, parts.clock),
            folders=parts.folders,
            clock=parts.clock,
            inline_pictures=self.settings.image_transport == "data-uri",
        )

    def _sweeper(self, worker: Worker) -> Sweeper:
        terms = Terms(
            videos=timedelta(days=self.settings.keep_videos_days),
            unknown=timedelta(hours=self.settings.unknown_release_hours),
            quota_window=self.limits.window,
        )
        return Sweeper(self.store, self._parts.folders, self.clock, terms=terms, worker=worker)

    @property
    def worker_id(self) -> WorkerId:
        """The name under which this process owns jobs now."""
        return self._first_worker_id if self._worker is None else self._worker.id

    def stop_taking(self) -> None:
        """Refuse new jobs from now on; those that live go on."""
        self._intake.stop()

    async def animate(
        self, request: Request, source: Source, *, fit: RepairKind | None = None
    ) -> Offer | None:
        """Accept a request and begin; raise the `HailuoError` that says why not.

        Returns an offer instead where the picture's size needs a repair that ``fit`` did not
        choose; nothing has begun then.
        """
        with self._begins(request):
            taken = await self._intake.accept(request, source, self.worker_id, fit=fit)
        return taken if isinstance(taken, Offer) else None

    async def take_offer(self, request: Request, offer: Offer, choice: Choice) -> None:
        """Accept what was chosen from an offer and begin; raise what says why not."""
        with self._begins(request):
            await self._intake.accept_offer(request, offer, choice, self.worker_id)

    async def offer(
        self, offer_id: JobId, kind: RepairKind, user_id: UserId
    ) -> tuple[Offer, Choice]:
        """Return an open offer of a member and a choice of it; raise `OfferGoneError`."""
        return await self._offers.look(offer_id, kind, user_id)

    async def withdraw_offer(self, offer_id: JobId, user_id: UserId) -> None:
        """Forget a member's own offer."""
        await self._offers.withdraw(offer_id, user_id)

    @contextmanager
    def _begins(self, request: Request) -> Generator[None]:
        """Have what became of a request looked at, if anything did.

        Also where it failed: a commit whose answer was lost may have stored the job.
        """
        try:
            yield
        finally:
            self._look_at(job_id_of(request.interaction_id))

    def _look_at(self, job_id: JobId) -> None:
        if self._worker is not None:
            self._worker.poke(job_id)

    async def cancel(self, job_id: JobId, by: UserId) -> Job | None:
        """Ask for a job's end; return the job once that was tried, or as it is after a while."""
        if self._worker is None:
            return await self.store.ask_cancel(job_id, by)
        return await self._worker.cancel(job_id, by)

    async def check_deletable(self, job: Job) -> None:
        """Raise the `HailuoError` that says why a job may not be deleted now."""
        await deletion.check(job, self.store)

    async def delete(self, job_id: JobId, by: UserId) -> bool:
        """Delete a job: its card, its files, and what is stored of it; the ledgers stay.

        Returns whether nothing of its card stands any more. Safe to repeat. Raises the
        `HailuoError` that says why not: it is still in the making, or its fate is unclear, or its
        card cannot be reached at the moment.
        """
        if self._presenter is None:
            raise StoppingError
        parts = self._parts
        return await deletion.delete(
            job_id, by, store=parts.store, folders=parts.folders, presenter=self._presenter
        )

    async def resolve(self, job_id: JobId, request_id: str) -> Job:
        """Have a job of unknown fate go on with the request that an operator found for it.

        Raises the `HailuoError` that says why not: no such request, or no such job.
        """
        try:
            request = parse_request_id(request_id)
            await self._parts.api.status(request)
        except (MalformedAnswerError, RequestNotFoundError) as error:
            raise NoSuchRequestError from error
        job = await self.store.resolve(job_id, request, self.worker_id)
        self._look_at(job.id)
        return job

    async def release(self, job_id: JobId) -> Job | None:
        """Give back what a job of unknown fate holds; None where it held nothing any more."""
        job = await self.store.release(job_id, self.worker_id)
        if job is not None:
            self._look_at(job.id)
        return job

    async def share(self, job: Job) -> tuple[int, int]:
        """Return how many of the videos of the job's member count now, and of how many."""
        usage = await self.usage(job.request.user_id, job.request.guild_id)
        return usage.used, self.limits.per_user

    async def usage(self, user_id: UserId, guild_id: GuildId | None) -> quotas.Usage:
        """Return what stands against the limits for a member now."""
        return await self.store.usage(user_id, guild_id, self.limits)

    def thumbnail(self, job: Job) -> Path | None:
        """Return the small picture of the job on disk; None where it is gone by now."""
        path = self._parts.folders.thumbnail(job.id)
        return path if path.is_file() else None

    async def video_within(self, job: Job, max_bytes: int) -> Path | None:
        """Return the job's video in a file of at most ``max_bytes``; None where there is none."""
        return await self._handover.video_within(job, max_bytes)


def _picture_hosts(settings: Settings) -> tuple[str, ...]:
    """Return where pictures may be fetched from: Discord's CDN, or the stand-in's."""
    if settings.discord_api_url is None:
        return DISCORD_CDN
    url = URL(settings.discord_api_url)
    return (f"{url.host}:{url.port}",)

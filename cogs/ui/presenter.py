"""Shows jobs on Discord: what the engine asks for, drawn as a card and sent by the surface."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from cogs.ui import automod, card, codes
from cogs.ui.crosses import Crosses
from cogs.ui.editor import RATIONED_AFTER, ProgressEditor
from cogs.ui.ends import Ends
from cogs.ui.forecast import Forecasts
from cogs.ui.media import media, picture_name, video_name
from cogs.ui.memory import Place
from cogs.ui.place import url_of
from cogs.ui.placing import Placing
from cogs.ui.private import DmClosedError
from cogs.ui.sender import Draft, Upload
from cogs.ui.surface import Surface
from cogs.ui.upload_limits import UploadLimits
from hailuo.jobs.presenter import (
    CardDelayedError,
    CardGoneError,
    CardTooLargeError,
    Delivery,
    Outlook,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import discord

    from cogs.ui.budget import InvalidRequests
    from cogs.ui.client import Client
    from cogs.ui.editor import Drawing
    from cogs.ui.surface import Keeper
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId

log = structlog.get_logger(__name__)

NO_NUMBERS_AFTER: Final = RATIONED_AFTER - timedelta(minutes=10)
"""Later a card shows neither places nor times: soon it can no longer take them back."""


class CardPresenter:
    """Draws each job's one living message; implements `hailuo.jobs.presenter.Presenter`."""

    def __init__(
        self,
        client: Client,
        keeper: Keeper,
        clock: Clock,
        budget: InvalidRequests,
        *,
        default_upload_bytes: int,
        share: Callable[[Job], Awaitable[tuple[int, int]]],
    ) -> None:
        self._clock = clock
        self._share = share
        self._surface = Surface(client, keeper, clock, budget)
        self._crosses = Crosses(client, self._surface, budget)
        self._forecasts = Forecasts(clock)
        self._limits = UploadLimits(client, self._surface, default_upload_bytes)
        self.placing = Placing()
        self._editor = ProgressEditor(self._draw_progress, clock, budget)
        self._ends = Ends(self._surface, self._editor, self._crosses, clock)

    async def run(self) -> None:
        """Own what nobody waits for, progress and reactions, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._editor.run(), name="presenter:edits")
            group.create_task(self._crosses.run(), name="presenter:crosses")

    async def open(self, job: Job, picture: Path) -> str:
        """Draw the card with its picture, offer ❌, and return the picture's public URL.

        A card that has its picture keeps it: Discord's answer to any edit has a fresh link to it.
        """
        has_it = self._surface.memory(job).picture_id is not None
        upload = Upload(picture, picture_name(job))
        draft = Draft(card.progress, None if has_it else (upload,), mark=job.id)
        quota = await self._share(job)
        job = card.counted(job, quota)
        async with self._editor.alone(job):
            if job.request.private and job.request.card.message_id is None:
                job, message = await self._place(job, draft)
            else:
                message = await automod.edit(self._surface, job, draft, reopens=True)
            self._editor.shown(job, draft.view)
        item = next(iter(media(message)), None)
        if item is None:
            raise CardDelayedError(f"{job.id}: the card came back without its picture")
        picture_id = None if item.attachment_id is None else str(item.attachment_id)
        memory = self._surface.memory(job)
        await self._surface.remember(job, replace(memory, picture_id=picture_id, quota=quota))
        self._crosses.offer(job)
        return item.url

    async def _place(self, job: Job, draft: Draft) -> tuple[Job, discord.Message]:
        """Post the card of a private job, and tell whoever waits for it where it is."""
        try:
            job, message = await self._surface.place(job, draft)
        except CardGoneError as error:
            closed = DmClosedError(str(error))
            self.placing.tell(job, closed)
            raise closed from error
        self.placing.tell(job, url_of(job, Place(message.channel.id, message.id)))
        return job, message

    def update(self, job: Job, outlook: Outlook) -> None:
        """Have the card show a live job's progress soon."""
        if self._clock.now() - job.created_at > NO_NUMBERS_AFTER:
            place = outlook.place and replace(outlook.place, number=None)
            outlook = Outlook(place=place)
        promise = self._forecasts.promise(job, outlook)
        self._editor.submit(job, partial(card.progress, promise=promise))

    async def close(self, job: Job) -> None:
        """Draw the end of a job that has no video to hand over."""
        self.placing.tell(job, None)
        has_picture = self._surface.memory(job).picture_id is not None
        await self._ends.arrive(
            job,
            in_card=Draft(partial(card.ended, with_picture=has_picture)),
            anew=Draft(partial(card.ended, with_picture=False), mark=job.id),
        )

    def upload_limit(self, job: Job) -> int:
        """Return how many bytes the job's message may carry now."""
        return self._limits.of(job)

    async def deliver(self, job: Job, video: Path | None, picture: Path) -> Delivery:
        """Hand over the video in the card, or by a new message where the card is gone."""
        link = Draft(card.linked, mark=job.id)
        reached = False
        if video is not None:
            try:
                reached = await self._ends.arrive(
                    job,
                    in_card=self._with_video(job, video, picture),
                    anew=self._with_video(job, video, None),
                )
            except CardTooLargeError:
                await self._limits.correct(job)
                raise
        if not reached:
            reached = await self._ends.arrive(job, in_card=link, anew=link)
        return Delivery.DELIVERED if reached else Delivery.NOWHERE

    async def remove(self, job: Job) -> bool:
        """Take the card of a job that has ended away; tell whether nothing of it stands now."""
        async with self._editor.alone(job):
            nothing_stands = await self._surface.delete(job)
        self.forget(job.id)
        return nothing_stands

    def forget(self, job_id: JobId) -> None:
        """Drop what is held in memory of a job: the engine has let it go."""
        self._forecasts.forget(job_id)
        self._editor.forget(job_id)
        self._surface.forget(job_id)

    async def lose_card(self, job: Job, code: int = codes.UNKNOWN_MESSAGE) -> None:
        """Take note that the job's card is gone, so that no edit is spent on it."""
        await self._surface.lose_card(job, code)

    def stands(self, job: Job) -> bool:
        """Tell whether the job's card can still be reached by the bot's token."""
        return self._surface.stands(job)

    async def _draw_progress(self, job: Job, drawing: Drawing) -> None:
        await automod.edit(self._surface, job, Draft(drawing))

    def _with_video(self, job: Job, video: Path, picture: Path | None) -> Draft:
        """Return the finished card; ``picture`` None leaves the picture out."""
        name = video_name(job)
        files = (Upload(video, name),)
        if picture is not None:
            kept = self._surface.memory(job).picture_id
            files = (Upload(picture, picture_name(job), kept), *files)
        with_picture = picture is not None
        view = partial(card.finished, video=f"attachment://{name}", with_picture=with_picture)
        return Draft(view, files, mark=job.id)

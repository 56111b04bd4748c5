"""Shows jobs on Discord: what the engine asks for, drawn as a card and sent by the surface."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import aiohttp
import discord
import structlog

from cogs.ui import card
from cogs.ui.editor import ProgressEditor
from cogs.ui.surface import TOKEN_MARGIN, BlockedError, Draft, Surface, Upload, media
from hailuo.jobs.presenter import CardDelayedError, CardGoneError, Delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cogs.ui.client import Client
    from cogs.ui.editor import Drawing
    from cogs.ui.surface import Keeper
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job
    from hailuo.jobs.presenter import Outlook

log = structlog.get_logger(__name__)

CROSS: Final = "❌"
END: Final = "end"
SIZE_MARGIN: Final = 256 * 1024
"""What a request needs beside its largest file: the picture is kept, the rest is text."""


class CardPresenter:
    """Draws each job's one living message; implements `hailuo.jobs.presenter.Presenter`."""

    def __init__(
        self, client: Client, keeper: Keeper, clock: Clock, *, default_upload_bytes: int
    ) -> None:
        self._client = client
        self._clock = clock
        self._default_upload_bytes = default_upload_bytes
        self._surface = Surface(client, keeper, clock)
        self._editor = ProgressEditor(self._draw_progress, clock)

    async def run(self) -> None:
        """Own the progress edits until cancelled."""
        await self._editor.run()

    async def open(self, job: Job, picture: Path) -> str:
        """Draw the card with its picture, offer ❌, and return the picture's public URL."""
        draft = Draft(card.progress, (Upload(picture, card.picture_name(job)),))
        async with self._editor.alone(job):
            message = await self._edit(job, draft)
            self._editor.shown(job, draft.view)
        item = next(iter(media(message)), None)
        if item is None:
            raise CardDelayedError(f"{job.id}: the card came back without its picture")
        memory = self._surface.memory(job)
        await self._surface.remember(job, replace(memory, picture_id=str(item.attachment_id)))
        await self._offer_cross(job)
        return item.url

    def update(self, job: Job, outlook: Outlook) -> None:
        """Have the card show a live job's progress soon."""
        self._editor.submit(job, partial(card.progress, outlook=outlook))

    async def close(self, job: Job) -> None:
        """Draw the end of a job that has no video to hand over."""
        has_picture = self._surface.memory(job).picture_id is not None
        await self._arrive(
            job,
            in_card=Draft(partial(card.ended, with_picture=has_picture)),
            anew=Draft(partial(card.ended, with_picture=False)),
        )
        self._forget(job)

    def upload_limit(self, job: Job) -> int:
        """Return how many bytes the job's message may carry now.

        The interaction's own limit holds for its token; the bot's token gets the server's.
        discord.py knows an older default, so the setting stands in where the server has no boost.
        """
        address = job.request.card
        if self._clock.now() < address.token_expires_at - TOKEN_MARGIN:
            return address.upload_limit - SIZE_MARGIN
        guild = self._client.get_guild(job.request.guild_id or 0)
        boosted = guild.filesize_limit if guild is not None and guild.premium_tier > 1 else 0
        return max(boosted, self._default_upload_bytes) - SIZE_MARGIN

    async def deliver(self, job: Job, video: Path | None, picture: Path) -> Delivery:
        """Hand over the video in the card, or by a new message where the card is gone."""
        link = Draft(card.linked)
        reached = False
        if video is not None:
            reached = await self._arrive(
                job,
                in_card=self._with_video(job, video, picture),
                anew=self._with_video(job, video, None),
            )
        if not reached:
            reached = await self._arrive(job, in_card=link, anew=link)
        if not reached:
            return Delivery.NOWHERE
        self._forget(job)
        return Delivery.DELIVERED

    async def _arrive(self, job: Job, *, in_card: Draft, anew: Draft) -> bool:
        """Draw a job's end in its card, else post it anew; tell whether it arrived."""
        async with self._editor.alone(job):
            try:
                await self._edit(job, in_card)
            except CardGoneError:
                return await self._post(job, anew)
        await self._withdraw_cross(job)
        return True

    async def _post(self, job: Job, draft: Draft) -> bool:
        try:
            await self._surface.post(job, draft, END)
        except (CardGoneError, BlockedError) as error:
            log.info("nowhere left to post", job=job.id, error=str(error))
            return False
        return True

    async def _edit(self, job: Job, draft: Draft) -> discord.Message:
        """Edit the card; where AutoMod objects, once more without the member's words."""
        try:
            return await self._surface.edit(job, draft)
        except BlockedError:
            log.info("AutoMod objects to the prompt", job=job.id)
        try:
            return await self._surface.edit(card.without_prompt(job), draft)
        except BlockedError as error:
            raise CardGoneError(f"{job.id}: AutoMod blocks the card") from error

    async def _draw_progress(self, job: Job, drawing: Drawing) -> None:
        await self._edit(job, Draft(drawing))

    def _with_video(self, job: Job, video: Path, picture: Path | None) -> Draft:
        """Return the finished card; ``picture`` None leaves the picture out."""
        name = card.video_name(job)
        files = (Upload(video, name),)
        if picture is not None:
            kept = self._surface.memory(job).picture_id
            files = (Upload(picture, card.picture_name(job), kept), *files)
        with_picture = picture is not None
        view = partial(card.finished, video=f"attachment://{name}", with_picture=with_picture)
        return Draft(view, files)

    def _forget(self, job: Job) -> None:
        self._editor.forget(job)
        self._surface.forget(job)

    async def _offer_cross(self, job: Job) -> None:
        if _may_react(job):
            await self._try_reaction(job, lambda message: message.add_reaction(CROSS))

    async def _withdraw_cross(self, job: Job) -> None:
        me = self._client.user
        if me is not None and _may_react(job):
            await self._try_reaction(job, lambda message: message.remove_reaction(CROSS, me))

    async def _try_reaction(
        self, job: Job, act: Callable[[discord.PartialMessage], Awaitable[None]]
    ) -> None:
        """Touch the card's reactions; they are a convenience beside the button, so errors pass."""
        channel = self._client.get_partial_messageable(job.request.channel_id)
        try:
            await act(channel.get_partial_message(job.request.card.message_id or 0))
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.info("reaction not changed", job=job.id, error=str(error))


def _may_react(job: Job) -> bool:
    """Tell whether the bot may put a reaction on the job's card."""
    may = discord.Permissions(job.request.card.app_permissions)
    return job.request.guild_id is None or (
        may.view_channel and may.add_reactions and may.read_message_history
    )

"""Brings a job's end to its member: in the card, or in a message in the card's place, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from cogs import tell_me
from cogs.ui import automod, card
from cogs.ui.media import shows
from cogs.ui.memory import REDRAWS, Place, Way
from cogs.ui.place import card_of, is_elsewhere, url_of
from cogs.ui.sender import Draft
from cogs.ui.surface import BlockedError, CardRationedError
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import CardDelayedError, CardGoneError

if TYPE_CHECKING:
    import discord

    from cogs.ui.crosses import Crosses
    from cogs.ui.editor import ProgressEditor
    from cogs.ui.surface import Surface
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job

log = structlog.get_logger(__name__)

END: Final = "end"
UNCLEAR: Final = "unclear"
RELEASED: Final = "released"
TELL: Final = "tell"

POINTING_PATIENCE: Final = timedelta(minutes=10)
"""How long a job whose video has arrived is held up for a card that does not say so yet."""


class Ends:
    """Draws ends; each may be repeated, and arrives once."""

    def __init__(
        self, surface: Surface, editor: ProgressEditor, crosses: Crosses, clock: Clock
    ) -> None:
        self._surface = surface
        self._editor = editor
        self._crosses = crosses
        self._clock = clock

    async def arrive(self, job: Job, *, in_card: Draft, anew: Draft) -> bool:
        """Draw a job's end in its card, else post it anew; tell whether it arrived.

        What was posted before, or may have been, is looked for first: it is the job's message from
        then on, and no other shows its end.
        """
        async with self._editor.alone(job):
            try:
                place = await self._redraw_end(job, anew)
                if place is None:
                    place = await self._draw_end(job, in_card, anew)
            except CardGoneError as error:
                log.info("nowhere left to show", job=job.id, error=str(error))
                return False
            await self._call(job, place)
            if place != card_of(job):
                await self._point_to(job, place)
        await self._crosses.withdraw(job)
        return True

    async def _redraw_end(self, job: Job, draft: Draft) -> Place | None:
        """Have what was posted before show the job's end; return where, or None where it is gone.

        Raises `CardGoneError` where it stands and cannot be changed: a second message would
        contradict it.
        """
        posted = await self._posted(job, draft)
        if posted is None or self._surface.memory(job).posted_for == _purpose(job):
            return posted
        try:
            message = await automod.edit(self._surface, job, draft, REDRAWS, reopens=True)
        except CardGoneError:
            if self._surface.memory(job).posted is None:
                return None
            raise
        return await self._note_posted(job, message, _purpose(job))

    async def _posted(self, job: Job, draft: Draft) -> Place | None:
        """Return where an earlier attempt has posted a message in the card's place."""
        posted = self._surface.memory(job).posted
        if posted is not None:
            return posted
        found = await self._surface.find(job, draft)
        if found is None:
            return None
        _, message = found
        purpose = END if shows(message, card.end_mark(job)) else None
        return await self._note_posted(job, message, purpose)

    async def _draw_end(self, job: Job, in_card: Draft, anew: Draft) -> Place:
        """Have the card show the job's end, else a new message; return which one does.

        Where a card that has to wait is the only way left, it is waited for.
        """
        try:
            message = await automod.edit(self._surface, job, in_card)
        except CardGoneError:
            return await self._post_end(job, anew)
        except CardRationedError as rationed:
            try:
                return await self._post_end(job, anew)
            except CardGoneError:
                raise rationed from None
        return Place(job.request.channel_id, message.id)

    async def _post_end(self, job: Job, draft: Draft) -> Place:
        _, message = await automod.without_blocked_words(
            job, lambda shown: self._surface.post(shown, draft, _purpose(job))
        )
        return await self._note_posted(job, message, _purpose(job))

    async def _note_posted(self, job: Job, message: discord.Message, purpose: str | None) -> Place:
        place = Place(message.channel.id, message.id)
        memory = self._surface.memory(job)
        await self._surface.remember(job, replace(memory, posted=place, posted_for=purpose))
        return place

    async def _point_to(self, job: Job, place: Place) -> None:
        """Have a card that still stands say where the job's end was posted.

        Until it does, it offers to cancel what is done, so it is worth a few minutes.
        """
        url = None if is_elsewhere(job, place) else url_of(job, place)
        try:
            await automod.edit(self._surface, job, Draft(partial(card.moved, place=url)))
        except (CardDelayedError, CardGoneError) as error:
            held_until = self._clock.now() + (error.retry_after or timedelta(0))
            if error.retryable and held_until - job.state_at < POINTING_PATIENCE:
                raise
            log.info("card not brought up to date", job=job.id, error=str(error))

    async def _call(self, job: Job, place: Place) -> None:
        """Mention the requester once, where they asked for it; a courtesy, so errors pass.

        What is unclear may yet come about, and is told then.
        """
        if not tell_me.is_asked(job) or job.state is JobState.UNKNOWN or is_elsewhere(job, place):
            return
        url = url_of(job, place)
        draft = Draft(partial(card.called, url=url), mark=url, calls=True)
        try:
            await self._surface.post(job, draft, TELL, (Way.CHANNEL,))
        except (CardDelayedError, CardGoneError, BlockedError) as error:
            log.info("requester not told", job=job.id, error=str(error))


def _purpose(job: Job) -> str:
    """Return what a new message about the job's end is for: what it has to show."""
    if job.state is not JobState.UNKNOWN:
        return END
    return UNCLEAR if job.reason is None else RELEASED

"""Paces progress edits: the newest wins, none is sent twice, no channel is flooded.

Edits of a channel's messages share one rate limit (about 5 in 5 s), and messages older than an
hour have a small one of their own (error 30046), so progress is told rarely and dropped freely.
What must arrive, a job's end, does not come through here.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import structlog

from hailuo.errors import HailuoError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from discord import ui

    from cogs.ui.budget import InvalidRequests
    from hailuo.clock import Clock
    from hailuo.jobs.job import ChannelId, Job, JobId, JobState

log = structlog.get_logger(__name__)

BETWEEN_EDITS: Final = timedelta(seconds=5)
"""The least time between two progress edits of one card."""
RATIONED_AFTER: Final = timedelta(minutes=55)
"""From this age on a card's edits are saved up: for new stages, since it may have waited in line
until now, and for its end."""
BETWEEN_OLD_EDITS: Final = timedelta(minutes=1)


Drawing: TypeAlias = "Callable[[Job], ui.LayoutView]"
"""Makes the view anew each time: one that was sent before must not be sent again."""
_Components: TypeAlias = list[dict[str, Any]]


class Draw(Protocol):
    """Edits the card of a job to show progress."""

    async def __call__(self, job: Job, drawing: Drawing) -> None:
        """Send one edit; raise `HailuoError` where it did not arrive."""
        ...


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class _Card:
    """What is known of one live card's edits."""

    lock: asyncio.Lock
    shown: _Components | None = None
    state: JobState | None = None
    edited_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A drawing that waits for its turn, and what it shows."""

    job: Job
    drawing: Drawing
    components: _Components


@dataclass(slots=True)
class _Channel:
    """What waits in one channel, and what goes before it."""

    waiting: dict[JobId, _Waiting] = field(default_factory=dict)
    at_work: bool = False
    ends: int = 0
    """Draws under way that matter more than progress."""
    quiet: asyncio.Event = field(default_factory=_set_event)


class ProgressEditor:
    """Keeps the newest drawing of each live card and sends it when its turn comes."""

    def __init__(self, draw: Draw, clock: Clock, budget: InvalidRequests) -> None:
        self._draw = draw
        self._clock = clock
        self._budget = budget
        self._channels: dict[ChannelId, _Channel] = {}
        self._cards: dict[JobId, _Card] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Own the channels' tasks until cancelled; before and after, progress is dropped."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._tasks = None
                self._channels.clear()

    def submit(self, job: Job, drawing: Drawing) -> None:
        """Show this drawing of the job when its turn comes, unless a newer one replaces it."""
        if self._tasks is None:
            return
        if self._is_old(job) and self._card(job.id).state is job.state:
            return
        channel_id = job.request.channel_id
        channel = self._channel(channel_id)
        components = drawing(job).to_components()
        if not channel.at_work and self._card(job.id).shown == components:
            self._leave(channel_id)
            return
        channel.waiting[job.id] = _Waiting(job, drawing, components)
        if not channel.at_work:
            channel.at_work = True
            self._tasks.create_task(self._work(channel_id), name=f"edits:{channel_id}")

    def shown(self, job: Job, drawing: Drawing) -> None:
        """Take note that the card shows this drawing by now."""
        card = self._card(job.id)
        card.shown, card.state = drawing(job).to_components(), job.state
        card.edited_at = self._clock.monotonic()

    @asynccontextmanager
    async def alone(self, job: Job) -> AsyncGenerator[None]:
        """Hold the card alone: what waits is dropped and what is under way has arrived.

        Meanwhile no other progress of the channel is sent: what comes now matters more.
        """
        channel_id = job.request.channel_id
        channel = self._channel(channel_id)
        channel.waiting.pop(job.id, None)
        channel.ends += 1
        channel.quiet.clear()
        try:
            async with self._card(job.id).lock:
                yield
        finally:
            channel.ends -= 1
            if not channel.ends:
                channel.quiet.set()
            self._leave(channel_id)

    def forget(self, job_id: JobId) -> None:
        """Drop all that is held of a job."""
        for channel in self._channels.values():
            channel.waiting.pop(job_id, None)
        self._cards.pop(job_id, None)

    def _card(self, job_id: JobId) -> _Card:
        return self._cards.setdefault(job_id, _Card(asyncio.Lock()))

    def _channel(self, channel_id: ChannelId) -> _Channel:
        return self._channels.setdefault(channel_id, _Channel())

    def _leave(self, channel_id: ChannelId) -> None:
        """Forget a channel in which nothing is under way."""
        channel = self._channels.get(channel_id)
        if channel is not None and not channel.at_work and not channel.ends:
            del self._channels[channel_id]

    async def _work(self, channel_id: ChannelId) -> None:
        """Send a channel's drawings one after another, the longest-waiting card first."""
        channel = self._channels[channel_id]
        try:
            while channel.waiting:
                await channel.quiet.wait()
                await self._send_next(channel)
        finally:
            channel.at_work = False
            self._leave(channel_id)

    async def _send_next(self, channel: _Channel) -> None:
        if not channel.waiting:
            return
        job_id = min(channel.waiting, key=lambda one: self._due(channel.waiting[one].job))
        delay = self._due(channel.waiting[job_id].job) - self._clock.monotonic()
        if delay > 0:
            await self._clock.sleep(min(timedelta(seconds=delay), BETWEEN_EDITS))
            return  # a newer drawing, or none, may wait by now
        await self._edit(channel.waiting.pop(job_id))

    def _due(self, job: Job) -> float:
        gap = BETWEEN_OLD_EDITS if self._is_old(job) else BETWEEN_EDITS
        return self._card(job.id).edited_at + gap.total_seconds()

    def _is_old(self, job: Job) -> bool:
        return self._clock.now() - job.created_at > RATIONED_AFTER

    async def _edit(self, waiting: _Waiting) -> None:
        job = waiting.job
        card = self._card(job.id)
        async with card.lock:
            if waiting.components == card.shown or self._budget.progress_stops:
                return
            card.edited_at = self._clock.monotonic()
            try:
                await self._draw(job, waiting.drawing)
            except HailuoError as error:
                log.info("progress edit dropped", job=job.id, error=str(error))
            except Exception:
                log.exception("progress edit failed unexpectedly", job=job.id)
            else:
                card.shown, card.state = waiting.components, job.state

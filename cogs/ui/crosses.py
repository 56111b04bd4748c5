"""The bot's own ❌ on live cards: something to press, beside the Cancel button.

A channel takes one reaction each 250 ms, so no job waits for its own; and since the button does
the same, errors pass.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import discord
import structlog

from cogs.cancel import CROSS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cogs.ui.budget import InvalidRequests
    from cogs.ui.client import Client
    from cogs.ui.surface import Surface
    from hailuo.jobs.job import Job, JobId

log = structlog.get_logger(__name__)


class Crosses:
    """Puts a ❌ on a card when it is drawn, and takes it away at the end."""

    def __init__(self, client: Client, surface: Surface, budget: InvalidRequests) -> None:
        self._client = client
        self._surface = surface
        self._budget = budget
        self._offering: dict[JobId, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Own the offers under way until cancelled; before and after, none is made."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self._tasks = None
                for offering in self._offering.values():
                    offering.cancel()

    def offer(self, job: Job) -> None:
        """Put a ❌ on the job's card soon."""
        if self._tasks is None or not _may_react(job):
            return
        offering = self._tasks.create_task(self._offer(job), name=f"cross:{job.id}")
        self._offering[job.id] = offering

    async def withdraw(self, job: Job) -> None:
        """Take the bot's ❌ away, be it there yet or not."""
        offering = self._offering.pop(job.id, None)
        if offering is not None:
            offering.cancel()
            await asyncio.wait({offering})
        me = self._client.user
        if me is not None and _may_react(job):
            await self._try(job, lambda card: card.remove_reaction(CROSS, me))

    async def _offer(self, job: Job) -> None:
        try:
            await self._try(job, lambda card: card.add_reaction(CROSS))
        finally:
            if self._offering.get(job.id) is asyncio.current_task():
                del self._offering[job.id]

    async def _try(
        self, job: Job, act: Callable[[discord.PartialMessage], Awaitable[None]]
    ) -> None:
        """Touch the card's reactions; a card that is out of reach for them is so for edits too."""
        if self._budget.pause is not None or not self._surface.stands(job):
            return
        channel = self._client.get_partial_messageable(job.request.channel_id)
        try:
            await act(channel.get_partial_message(job.request.card.message_id or 0))
        except discord.HTTPException as error:
            log.info("reaction not changed", job=job.id, error=str(error))
            await self._surface.lose_card(job, error.code)
        except (discord.RateLimited, aiohttp.ClientError, OSError) as error:
            log.info("reaction not changed", job=job.id, error=str(error))


def _may_react(job: Job) -> bool:
    """Tell whether the bot may put a reaction on the job's card."""
    may = discord.Permissions(job.request.card.app_permissions)
    return job.request.guild_id is None or (
        may.view_channel and may.add_reactions and may.read_message_history
    )

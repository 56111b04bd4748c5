"""What happens to a card while nobody draws it: deleted, or marked ❌ unseen."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
import structlog
from discord.ext import commands

from cogs.cancel import CROSS, may_manage
from cogs.ui import codes
from hailuo.errors import HailuoError
from hailuo.jobs.job import CANCELLABLE, JobState, UserId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cogs.ui.client import Client
    from hailuo.jobs.job import Job

log = structlog.get_logger(__name__)

CROSSABLE: Final = CANCELLABLE | {JobState.IN_PROGRESS}
"""Jobs whose ❌ is still looked for: the card of one that renders says that it came too late."""
PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=4))
"""Before each further try to read a card's reactions: nobody will tell of them again."""
READ_REACTIONS: Final = 20
"""People behind one ❌ who are looked at; the requester is nearly always the first."""


class Cards(commands.Cog):
    """Notices what became of live cards."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._engine = client.engine
        self._reading = asyncio.Lock()
        self._readers: set[asyncio.Task[Any]] = set()

    async def cog_unload(self) -> None:
        """Read no more: the connection is about to close, and the next start reads anew."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Spend no edit on a card that was deleted."""
        await self._lose([event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Spend no edit on cards that were deleted."""
        await self._lose(event.message_ids)

    async def _lose(self, message_ids: Iterable[int]) -> None:
        for message_id in message_ids:
            job = await self._engine.store.job_on(message_id)
            if job is not None and job.live:
                await self._client.presenter.lose_card(job)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Read the ❌ that came while no session was there to tell of them.

        A resumed session replays what it missed; a new one, at start or after a lost one, does
        not, and Discord has no other way to catch up.
        """
        reader = asyncio.current_task()
        if reader is not None:
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        async with self._reading:
            jobs = [
                job
                for job in await self._engine.store.live_jobs()
                if job.state in CROSSABLE and self._shard_of(job) == shard_id
            ]
            jobs.sort(key=lambda job: job.request.channel_id)
            for _, in_channel in groupby(jobs, key=lambda job: job.request.channel_id):
                await self._read_channel(in_channel)

    def _shard_of(self, job: Job) -> int:
        """Return the shard that hears of a card's reactions; of those in DMs it is the first."""
        guild_id = None if job.request.private else job.request.guild_id
        return ((guild_id or 0) >> 22) % (self._client.shard_count or 1)

    async def _read_channel(self, jobs: Iterable[Job]) -> None:
        """Read the ❌ of a channel's cards; where one may not be read, none may."""
        for job in jobs:
            try:
                await self._insist(job)
            except (discord.NotFound, discord.Forbidden) as error:
                log.info("reactions cannot be read", job=job.id, code=error.code)
                await self._client.presenter.lose_card(job, error.code)
                if isinstance(error, discord.Forbidden):
                    return
            except (
                HailuoError,
                discord.HTTPException,
                discord.RateLimited,
                aiohttp.ClientError,
                OSError,
            ) as error:
                log.warning("reactions not read", job=job.id, error=str(error))

    async def _insist(self, job: Job) -> None:
        """Read the ❌ of a card, again where Discord does not answer."""
        for pause in PAUSES:
            try:
                return await self._read(job)
            except codes.NO_ANSWER as error:
                log.info("reactions not read yet", job=job.id, error=repr(error))
            await self._engine.clock.sleep(pause)
        return await self._read(job)

    async def _read(self, job: Job) -> None:
        message_id = job.request.card.message_id
        may_view = discord.Permissions(job.request.card.app_permissions).view_channel
        hidden = job.request.guild_id is not None and not may_view
        if message_id is None or hidden or not self._client.presenter.stands(job):
            return
        channel = self._client.get_partial_messageable(
            job.request.channel_id, guild_id=job.request.guild_id
        )
        message = await channel.fetch_message(message_id)
        crosses = next((r for r in message.reactions if r.emoji == CROSS), None)
        if crosses is None or crosses.count <= crosses.me:
            return
        async for user in crosses.users(limit=READ_REACTIONS):
            if not user.bot and await self._may_manage(job, user):
                log.info("a missed reaction cancels", job=job.id, user=user.id)
                await self._engine.cancel(job.id, UserId(user.id))
                return

    async def _may_manage(self, job: Job, user: discord.abc.User) -> bool:
        guild = self._client.get_guild(job.request.guild_id or 0)
        channel = guild.get_channel_or_thread(job.request.channel_id) if guild else None
        if user.id == job.request.user_id or guild is None or channel is None:
            return user.id == job.request.user_id
        try:
            member = await guild.fetch_member(user.id)
        except discord.NotFound:
            return False  # they have left since
        return may_manage(job, user.id, channel.permissions_for(member))


async def setup(client: Client) -> None:
    """Watch the cards."""
    await client.add_cog(Cards(client))

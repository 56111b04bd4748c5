"""Whose picture a message shows: its author's, or that of whoever made it where it is a copy.

A card is the bot's message and shows a member's picture; a forward is its sender's message and
shows what somebody else had posted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

import discord

from cogs.ui import codes
from cogs.ui.sights import jobs_named_on, parts_of
from hailuo.jobs.finds import OwnerUnknownError
from hailuo.jobs.job import UserId
from hailuo.jobs.sequels import owner_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cogs.ui.client import Client
    from hailuo.jobs.job import Job

_Readable: TypeAlias = (
    discord.TextChannel | discord.Thread | discord.VoiceChannel | discord.StageChannel
)
LOOK_WITHIN_S: Final = 1.5
"""A form must open within three seconds of being asked for."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where what a message shows comes from."""

    owner: UserId
    """Whose picture it is."""
    job: Job | None
    """The job that shows it; None where there is none, or where there are several."""


async def provenance_of(client: Client, message: discord.Message) -> Provenance:
    """Return whose picture a message shows.

    Raises `OwnerUnknownError` where nobody can tell, and where it shows several members'.
    """
    owners: set[UserId] = set()
    jobs: dict[str, Job] = {}
    for part in parts_of(message):
        found = await _shown_on(client, message, part)
        if isinstance(found, int):
            owners.add(found)
        else:
            owners |= {owner_of(job) for job in found}
            jobs |= {job.id: job for job in found}
    if len(owners) != 1:
        raise OwnerUnknownError(f"message {message.id} shows pictures of {owners or 'nobody'}")
    return Provenance(owners.pop(), next(iter(jobs.values())) if len(jobs) == 1 else None)


async def _shown_on(client: Client, message: discord.Message, part: Any) -> UserId | Sequence[Job]:
    """Return the jobs that a message, or one that it forwards, shows; else who posted it."""
    if part is message:
        return await _of_message(client, message)
    jobs = await _named(client, part)
    if jobs:
        return jobs
    original = await _original(client, message)
    if original.message_snapshots:
        raise OwnerUnknownError(f"message {message.id} forwards what was forwarded before")
    return await _of_message(client, original)


async def _of_message(client: Client, message: discord.Message) -> UserId | Sequence[Job]:
    if client.user is None or message.author.id != client.user.id:
        return UserId(message.author.id)
    job = await client.engine.store.job_on(message.id)
    jobs = await _named(client, message) if job is None else _alive([job])
    if not jobs:
        raise OwnerUnknownError(f"message {message.id} shows no job that is known")
    return jobs


async def _named(client: Client, part: Any) -> Sequence[Job]:
    """Return the jobs that a message's buttons and files name, as far as they are known."""
    named = [await client.engine.store.job(job_id) for job_id in set(jobs_named_on(part))]
    return _alive([job for job in named if job is not None])


def _alive(jobs: Sequence[Job]) -> Sequence[Job]:
    for job in jobs:
        if job.deleted_at is not None:
            raise OwnerUnknownError(f"{job.id} was deleted")
    return jobs


async def _original(client: Client, message: discord.Message) -> discord.Message:
    """Return the message that another one forwards, where the bot may read it."""
    reference = message.reference
    channel = None if reference is None else client.get_channel(reference.channel_id)
    if reference is not None and reference.message_id and _is_readable(channel):
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                return await channel.fetch_message(reference.message_id)
        except (discord.HTTPException, *codes.NO_ANSWER, TimeoutError) as error:
            raise OwnerUnknownError(f"message {message.id} forwards {error!r}") from error
    raise OwnerUnknownError(f"message {message.id} forwards what the bot may not read")


def _is_readable(channel: object) -> TypeGuard[_Readable]:
    """Tell whether the bot may read what was posted there, so that it asks nothing in vain."""
    if not isinstance(channel, _Readable):
        return False
    may = channel.permissions_for(channel.guild.me)
    return may.view_channel and may.read_message_history

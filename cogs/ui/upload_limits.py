"""How large a file may be where a job's end is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hailuo.sizes import MIB

if TYPE_CHECKING:
    from cogs.ui.client import Client
    from cogs.ui.surface import Surface
    from hailuo.jobs.job import Job

SIZES: Final = (0, 10 * MIB, 20 * MIB, 50 * MIB, 100 * MIB)
"""Limits that Discord has had for a file, smallest first."""
SIZE_MARGIN: Final = 256 * 1024
"""What a request needs beside its largest file: the picture is kept, the rest is text."""


class UploadLimits:
    """What each place has promised to take, and what it took less."""

    def __init__(self, client: Client, surface: Surface, default_bytes: int) -> None:
        self._client = client
        self._surface = surface
        self._default_bytes = default_bytes

    def of(self, job: Job) -> int:
        """Return how many bytes the job's message may carry now.

        The interaction's own limit holds for its token; the bot's token gets the server's.
        discord.py knows an older default, so the setting stands in where the server has no boost.
        What Discord has refused already lowers either.
        """
        promised, corrected = self._promised(job), self._surface.memory(job).upload_limit
        limit = promised if corrected is None else min(promised, corrected)
        return max(0, limit - SIZE_MARGIN)

    async def correct(self, job: Job) -> None:
        """Remember, once, that this place takes less than it promised: the next size below."""
        memory = self._surface.memory(job)
        if memory.upload_limit is None:
            below = max(size for size in SIZES if size < self._promised(job))
            await self._surface.remember(job, replace(memory, upload_limit=below))

    def _promised(self, job: Job) -> int:
        if self._surface.can_send_by_token(job):
            return job.request.card.upload_limit
        in_guild = job.request.guild_id is not None and not job.request.private
        guild = self._client.get_guild(job.request.guild_id or 0) if in_guild else None
        boosted = guild.filesize_limit if guild is not None and guild.premium_tier > 1 else 0
        return max(boosted, self._default_bytes)

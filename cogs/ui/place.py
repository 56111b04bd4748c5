"""Where a job can be seen now: its card, or what had to be posted in the card's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.ui.memory import Memory

if TYPE_CHECKING:
    from hailuo.jobs.job import Job


def job_url(job: Job) -> str | None:
    """Return the link that leads to a job; None where there is nothing to lead to."""
    request = job.request
    channel_id, message_id = request.channel_id, request.card.message_id
    posted = Memory.load(request.card.memory).posted
    in_dm = request.private or request.guild_id is None
    if posted is not None:
        in_dm = in_dm or posted[0] != channel_id
        channel_id, message_id = posted
    if message_id is None:
        return None
    guild = "@me" if in_dm else request.guild_id
    return f"https://discord.com/channels/{guild}/{channel_id}/{message_id}"

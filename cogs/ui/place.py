"""Where a job can be seen now: its card, or what had to be posted in the card's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.ui.memory import Memory, Place

if TYPE_CHECKING:
    from hailuo.jobs.job import Job


def job_url(job: Job) -> str | None:
    """Return the link that leads to a job; None where there is nothing to lead to."""
    request = job.request
    place = Memory.load(request.card.memory).posted
    if place is None:
        if request.card.message_id is None:
            return None
        place = Place(request.channel_id, request.card.message_id)
    elsewhere = place.channel_id != request.channel_id  # the only other place is the member's DM
    in_dm = request.private or request.guild_id is None or elsewhere
    guild = "@me" if in_dm else request.guild_id
    return f"https://discord.com/channels/{guild}/{place.channel_id}/{place.message_id}"

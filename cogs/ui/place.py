"""Where a job can be seen: its card, or what had to be posted in the card's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.ui.memory import Memory, Place

if TYPE_CHECKING:
    from hailuo.jobs.job import Job


def job_url(job: Job) -> str | None:
    """Return the link that leads to a job; None where there is nothing to lead to."""
    place = Memory.load(job.request.card.memory).posted or card_of(job)
    return None if place is None else url_of(job, place)


def card_of(job: Job) -> Place | None:
    """Return where the job's card is; None where it has none."""
    message_id = job.request.card.message_id
    return None if message_id is None else Place(job.request.channel_id, message_id)


def url_of(job: Job, place: Place) -> str:
    """Return the link that leads to a message about a job.

    discord.py's own leads into a DM, since the bot's answers do not say which server they are of.
    """
    in_dm = job.request.private or job.request.guild_id is None or is_elsewhere(job, place)
    guild = "@me" if in_dm else job.request.guild_id
    return f"https://discord.com/channels/{guild}/{place.channel_id}/{place.message_id}"


def is_elsewhere(job: Job, place: Place) -> bool:
    """Tell whether a message is not in the channel of the job's card, but in its member's DM."""
    return place.channel_id != job.request.channel_id

"""What every way to a job's sequel shares: which job, whose picture, and how it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cogs.offer import show
from cogs.ui.acknowledging import defer
from cogs.ui.errors import check_served
from cogs.ui.lineage import Origin, OriginKind
from cogs.ui.media import file_name, media, picture_name, shows, video_name
from cogs.ui.private import begin_privately
from cogs.ui.request import request_of
from hailuo.jobs.checks import check_prompt
from hailuo.jobs.job import UserId
from hailuo.jobs.sequels import NoSuchVideoError, owner_of
from hailuo.jobs.sources import Linked, MediaKind, SourceGoneError

if TYPE_CHECKING:
    from cogs.ui.client import Interaction
    from hailuo.jobs.job import GuildId, Job, JobId, Request
    from hailuo.jobs.offers import Offer
    from hailuo.jobs.sources import Source


async def parent_of(interaction: Interaction, job_id: JobId) -> Job:
    """Return the job that a sequel is asked for.

    Raises where the job belongs to another place, where the bot does not serve this one, and
    where its picture's member does not share it.
    """
    job = await job_here(interaction, job_id)
    check_served(interaction, private_in(interaction, job))
    sequels = interaction.client.engine.sequels
    await sequels.check_shared(owner_of(job), UserId(interaction.user.id))
    return job


def private_in(interaction: Interaction, job: Job | None) -> GuildId | None:
    """Return the server of the presser's own private job; None for every other job."""
    if job is None or not job.request.private or job.request.user_id != interaction.user.id:
        return None
    return job.request.guild_id


async def job_here(interaction: Interaction, job_id: JobId) -> Job:
    """Return a job of who acts, or of the channel they act in; raise `NoSuchVideoError`.

    A form's custom id is its sender's word, so it may name any job.
    """
    job = await interaction.client.engine.store.job(job_id)
    if job is not None and job.deleted_at is None:
        mine = job.request.user_id == interaction.user.id
        if mine or job.request.channel_id == interaction.channel_id:
            return job
    raise NoSuchVideoError(f"{job_id} in {interaction.channel_id}")


def origin_in(
    interaction: Interaction, kind: OriginKind, parent: Job, place: str | None = None
) -> Origin:
    """Return the origin of a sequel that is asked for on a card, or was at ``place``."""
    owner = borrowed(owner_of(parent), interaction)
    place = place_of(interaction) if place is None else place
    return Origin(kind, place, parent.id, owner, private_in(interaction, parent))


def place_of(interaction: Interaction) -> str:
    """Return the link to the message that was acted on."""
    return "" if interaction.message is None else interaction.message.jump_url


def borrowed(owner: UserId | None, interaction: Interaction) -> UserId | None:
    """Return whose picture it is; None where it is that of who acts."""
    return None if owner == interaction.user.id else owner


async def picture_of(interaction: Interaction, job: Job, shown: Linked | None = None) -> Source:
    """Return the job's clean picture: from our disk, else from where its card shows it."""
    kept = await interaction.client.engine.sequels.picture(job)
    return _found(job, kept or shown or shown_picture(interaction, job))


def shown_picture(interaction: Interaction, job: Job) -> Linked | None:
    """Return the job's picture on the card that was acted on; None where that does not show it."""
    return _shown(interaction, job, picture_name(job), MediaKind.PICTURE)


async def last_frame_of(interaction: Interaction, job: Job) -> Source:
    """Return the last frame of the job's video: from our disk, else from the card."""
    kept = await interaction.client.engine.sequels.last_frame(job)
    return _found(job, kept or _shown(interaction, job, video_name(job), MediaKind.VIDEO))


def _shown(interaction: Interaction, job: Job, name: str, kind: MediaKind) -> Linked | None:
    """Return a file of the card, whose links in an interaction are fresh."""
    message = interaction.message
    if message is not None and shows(message, job.id):
        for item in media(message):
            if file_name(item.url) == name:
                return Linked(item.url, kind)
    return None


def _found(job: Job, source: Source | None) -> Source:
    if source is None:
        raise SourceGoneError(f"{job.id}: neither kept nor shown")
    return source


async def begin(
    interaction: Interaction,
    origin: Origin,
    source: Source,
    prompt: str,
    *,
    prompt_optimizer: bool = True,
) -> None:
    """Begin a job that comes from another one or from a message; the answer becomes its card."""
    check_prompt(prompt)
    engine, private = interaction.client.engine, origin.private_in is not None
    message_id = await defer(interaction, privately=private)
    request = request_of(interaction, message_id, prompt, prompt_optimizer=prompt_optimizer)

    async def animate(request: Request) -> Offer | None:
        return await engine.animate(origin.of(request), source)

    if private:
        offer = await begin_privately(interaction, request, animate)
    else:
        offer = await animate(request)
    if offer is not None:
        await show(interaction, offer)

"""What every way to a job's sequel shares: which job, whose picture, and how it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cogs.offer import show
from cogs.ui.acknowledging import defer
from cogs.ui.errors import check_served
from cogs.ui.lineage import Origin, OriginKind
from cogs.ui.media import file_name, media, picture_name, shows, video_name
from cogs.ui.request import request_of
from hailuo.errors import HailuoError
from hailuo.jobs.checks import check_prompt
from hailuo.jobs.job import UserId
from hailuo.jobs.sequels import owner_of
from hailuo.jobs.sources import Linked, MediaKind, SourceGoneError
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Interaction
    from hailuo.jobs.job import Job, JobId
    from hailuo.jobs.sources import Source


class NoSuchVideoError(HailuoError):
    """The job is not known here: deleted, forgotten, or of another place."""

    sentence: ClassVar[str] = N_("This bot does not know that video any more. Nothing was counted.")


async def parent_of(interaction: Interaction, job_id: JobId) -> Job:
    """Return the job that a sequel is asked for.

    Raises where the bot does not serve this place, where the job belongs to another one, and
    where its picture's member does not share it.
    """
    check_served(interaction)
    job = await job_here(interaction, job_id)
    sequels = interaction.client.engine.sequels
    await sequels.check_shared(owner_of(job), UserId(interaction.user.id))
    return job


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


def origin_in(interaction: Interaction, kind: OriginKind, parent: Job) -> Origin:
    """Return the origin of a sequel that is asked for on a card."""
    place = "" if interaction.message is None else interaction.message.jump_url
    return Origin(kind, place, parent.id, borrowed(owner_of(parent), interaction))


def borrowed(owner: UserId | None, interaction: Interaction) -> UserId | None:
    """Return whose picture it is; None where it is that of who acts."""
    return None if owner == interaction.user.id else owner


async def picture_of(interaction: Interaction, job: Job) -> Source:
    """Return the job's clean picture: from our disk, else from the card."""
    kept = await interaction.client.engine.sequels.picture(job)
    return kept or _shown(interaction, job, picture_name(job), MediaKind.PICTURE)


async def last_frame_of(interaction: Interaction, job: Job) -> Source:
    """Return the last frame of the job's video: from our disk, else from the card."""
    kept = await interaction.client.engine.sequels.last_frame(job)
    return kept or _shown(interaction, job, video_name(job), MediaKind.VIDEO)


def _shown(interaction: Interaction, job: Job, name: str, kind: MediaKind) -> Linked:
    """Return a file of the card, whose links in an interaction are fresh."""
    message = interaction.message
    if message is not None and shows(message, job.id):
        for item in media(message):
            if file_name(item.url) == name:
                return Linked(item.url, kind)
    raise SourceGoneError(f"{job.id}: {name} is neither kept nor shown")


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
    message_id = await defer(interaction)
    request = request_of(interaction, message_id, prompt, prompt_optimizer=prompt_optimizer)
    offer = await interaction.client.engine.animate(origin.of(request), source)
    if offer is not None:
        await show(interaction, offer)

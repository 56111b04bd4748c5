"""Stopping a job: the card's Cancel button, or a ❌ on the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import discord
import structlog
from discord.ext import commands

from cogs.ui.errors import answer, defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import private_language
from cogs.ui.sequel import job_here
from hailuo.jobs.job import JobState, UserId
from hailuo.jobs.sequels import NoSuchVideoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job

log = structlog.get_logger(__name__)

CROSS: Final = "❌"
NOT_YOURS: Final = N_(
    "Only the member who asked for this video, or somebody who may manage messages here, can "
    "cancel it. Nothing was changed."
)
NO_SUCH_JOB: Final = N_("This bot does not know that job any more. Nothing was changed.")


class CancelButton(JobButton, name="cancel", label=N_("Cancel")):
    """Asks for a job's end; works for as long as its card stands, restarts or not."""

    async def press(self, interaction: Interaction) -> None:
        """Cancel where the presser may, and say privately what came of it."""
        await defer_privately(interaction)
        say = private_language(interaction)
        await answer(interaction, say(await self._cancel(interaction)))

    async def _cancel(self, interaction: Interaction) -> str:
        """Return the answer, still to be translated."""
        try:
            job = await job_here(interaction, self.job_id)
        except NoSuchVideoError:
            return NO_SUCH_JOB
        if not may_manage(job, interaction.user.id, interaction.permissions):
            return NOT_YOURS
        engine = interaction.client.engine
        return outcome(await engine.cancel(job.id, UserId(interaction.user.id)))


class Cancel(commands.Cog):
    """Cancel by reaction."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._engine = client.engine

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Cancel a job whose card its requester, or a moderator, marks with ❌."""
        me = self._client.user
        if event.emoji.name != CROSS or me is None or event.user_id == me.id:
            return
        if event.member is not None and event.member.bot:
            return
        job = await self._engine.store.job_on(event.message_id)
        if job is None or not job.live:
            return
        if may_manage(job, event.user_id, self._permissions(event)):
            await self._engine.cancel(job.id, UserId(event.user_id))

    def _permissions(self, event: discord.RawReactionActionEvent) -> discord.Permissions:
        """Return what the reacting member may do in that channel; nothing where unknown."""
        guild = self._client.get_guild(event.guild_id or 0)
        channel = guild.get_channel_or_thread(event.channel_id) if guild is not None else None
        if channel is None or event.member is None:
            return discord.Permissions.none()
        return channel.permissions_for(event.member)


def outcome(job: Job | None) -> str:
    """Return the honest word on an attempt to cancel, still to be translated."""
    counts = job is None or not job.given_back
    match job.state if job is not None else None:
        case None:
            return NO_SUCH_JOB
        case JobState.CANCELLED:
            return N_("Stopped. It was not counted.")
        case JobState.IN_PROGRESS:
            return (
                N_("It is already rendering, so it will finish, and it counts.")
                if counts
                else N_("It is already rendering, so it will finish.")
            )
        case JobState.FETCHING | JobState.DELIVERING | JobState.DELIVERED | JobState.KEPT:
            return (
                N_("It finished first, so it counts; the video is on its way or here.")
                if counts
                else N_("It finished first; the video is on its way or here.")
            )
        case JobState.FAILED:
            return N_("It had failed already. It was not counted.")
        case JobState.UNKNOWN:
            return N_(
                "Nobody can tell whether it was taken, so there is nothing to stop. It stays "
                "counted until that is clear."
            )
        case _:
            return N_("The wish is noted, but the API has not answered yet; the card will show it.")


def may_manage(job: Job, user_id: int, permissions: discord.Permissions) -> bool:
    """Tell whether somebody may end or delete a job: its requester, or who moderates its place."""
    moderates = job.request.guild_id is not None and permissions.manage_messages
    return user_id == job.request.user_id or moderates


async def setup(client: Client) -> None:
    """Listen for ❌ and for Cancel buttons, those of older processes too."""
    client.add_dynamic_items(CancelButton)
    await client.add_cog(Cancel(client))

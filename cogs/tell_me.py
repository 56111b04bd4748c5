"""Tell me: one reply that mentions the requester when their job is done, because they asked.

An edit notifies nobody, so a card alone goes unnoticed. This is the only mention the bot makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import discord

from cogs.ui.errors import answer, defer_privately
from cogs.ui.job_button import JobButton
from cogs.ui.language import private_language
from hailuo.jobs.job import LIVE, JobState
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Client, Interaction
    from hailuo.jobs.job import Job

WISH: Final = "tell"
"""The key under which the wish is kept with the job's card."""
IN_TIME: Final = LIVE - {JobState.DELIVERING}
"""Later the end is being drawn already, by somebody who may not hear of the wish."""

NOT_YOURS: Final = N_("Only the member who asked for this video can be told. Nothing was changed.")
NO_SUCH_JOB: Final = N_("This bot does not know that job any more. Nothing was changed.")
TOO_LATE: Final = N_("It is done, or about to be: look at the card.")
MAY_NOT_WRITE: Final = N_(
    "The bot may not write here by itself, so it cannot mention you at the end: look at the card."
)
NOTED: Final = N_("You will be mentioned here once, when it is done.")


def is_asked(job: Job) -> bool:
    """Tell whether the requester wants to be told of the job's end."""
    return job.request.card.memory.get(WISH) is True


def may_write(interaction: Interaction) -> bool:
    """Tell whether the bot may post by itself where it was asked; a DM asks for no permission."""
    may = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    may_send = may.send_messages_in_threads if in_thread else may.send_messages
    return interaction.guild_id is None or (may.view_channel and may_send)


class TellMeButton(JobButton, name="tell", label=N_("Tell me")):
    """Asks for a mention at the job's end; works for as long as its card stands."""

    async def press(self, interaction: Interaction) -> None:
        """Note the requester's wish with the job, and say privately what came of it."""
        await defer_privately(interaction)
        say = private_language(interaction)
        await answer(interaction, say(await self._ask(interaction)))

    async def _ask(self, interaction: Interaction) -> str:
        """Return the answer, still to be translated."""
        store = interaction.client.engine.store
        job = await store.job(self.job_id)
        if job is None:
            return NO_SUCH_JOB
        if interaction.user.id != job.request.user_id:
            return NOT_YOURS
        if not may_write(interaction):
            return MAY_NOT_WRITE
        job = await store.remember_wish(self.job_id, {WISH: True}, IN_TIME)
        return NOTED if job is not None and is_asked(job) else TOO_LATE


async def setup(client: Client) -> None:
    """Listen for Tell me buttons, those of older processes too."""
    client.add_dynamic_items(TellMeButton)

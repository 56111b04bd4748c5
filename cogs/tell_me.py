"""Tell me: one reply that mentions the requester when their job is done, because they asked.

An edit notifies nobody, so a card alone goes unnoticed. This is the only mention the bot makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from cogs.ui.errors import answering, defer_privately
from cogs.ui.language import private_language
from hailuo.jobs.job import JOB_ID_PATTERN, LIVE, JobId, JobState
from hailuo.wording import N_

if TYPE_CHECKING:
    import re

    from cogs.ui.client import Client, Interaction
    from cogs.ui.language import Language
    from hailuo.jobs.job import Job

WISH: Final = "tell"
"""The key under which the wish is kept with the job's card."""
IN_TIME: Final = LIVE - {JobState.DELIVERING}
"""Later the end is being drawn already, by somebody who may not hear of the wish."""

NOT_YOURS: Final = N_("Only the member who asked for this video can be told. Nothing was changed.")
NO_SUCH_JOB: Final = N_("This bot does not know that job any more. Nothing was changed.")
TOO_LATE: Final = N_("It is done, or about to be: look at the card.")
NOTED: Final = N_("You will be mentioned here once, when it is done.")


def is_asked(job: Job) -> bool:
    """Tell whether the requester wants to be told of the job's end."""
    return job.request.card.memory.get(WISH) is True


class TellMeButton(ui.DynamicItem[ui.Button[Any]], template=rf"tell:(?P<job>{JOB_ID_PATTERN})"):
    """Asks for a mention at the job's end; works for as long as its card stands."""

    def __init__(self, job_id: JobId, say: Language) -> None:
        super().__init__(
            ui.Button(
                label=say("Tell me"),
                style=discord.ButtonStyle.secondary,
                custom_id=f"tell:{job_id}",
            )
        )
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del item
        return cls(JobId(match["job"]), private_language(interaction))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Note the requester's wish with the job, and say privately what came of it."""
        async with answering(interaction):
            await defer_privately(interaction)
            say = private_language(interaction)
            await interaction.followup.send(say(await self._ask(interaction)), ephemeral=True)

    async def _ask(self, interaction: Interaction) -> str:
        """Return the answer, still to be translated."""
        store = interaction.client.engine.store
        job = await store.job(self.job_id)
        if job is None:
            return NO_SUCH_JOB
        if interaction.user.id != job.request.user_id:
            return NOT_YOURS
        job = await store.remember_wish(self.job_id, {WISH: True}, IN_TIME)
        return NOTED if job is not None and is_asked(job) else TOO_LATE


async def setup(client: Client) -> None:
    """Listen for Tell me buttons, those of older processes too."""
    client.add_dynamic_items(TellMeButton)

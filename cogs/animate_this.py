"""Animate this: any message's picture, the bot's own cards among them, from the message's menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import discord
from discord import app_commands
from discord.ext import commands

from cogs.ui import modals
from cogs.ui.cost import cost_of
from cogs.ui.errors import check_served
from cogs.ui.language import private_language
from cogs.ui.lineage import Origin, OriginKind
from cogs.ui.provenance import provenance_of
from cogs.ui.sequel import begin, borrowed, private_in
from cogs.ui.sights import sights
from cogs.ui.text import shorten
from hailuo.jobs.finds import Find, NoPictureError
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId, job_id_of
from hailuo.jobs.sources import MediaKind
from hailuo.wording import N_

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from cogs.ui.client import Client, Interaction
    from cogs.ui.language import Language
    from cogs.ui.modals import Answers
    from cogs.ui.sights import Sight

NAME: Final = N_("Animate this")
LONGEST_OPTION: Final = 100


class AnimateThis(commands.Cog):
    """Turn a picture of a message into a short video."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._engine = client.engine
        self._menu = app_commands.ContextMenu(name=NAME, callback=self.animate_this)

    async def cog_load(self) -> None:
        """Put the command into every message's menu, and answer its forms, older ones too."""
        self._client.tree.add_command(self._menu)
        self._client.modals.add(rf"animate:(?P<find>{JOB_ID_PATTERN})", self.submit)

    async def cog_unload(self) -> None:
        """Take the command away."""
        self._client.tree.remove_command(self._menu.name, type=self._menu.type)

    async def animate_this(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask for a prompt; a modal cannot be deferred, so nothing slow comes before it."""
        user_id = UserId(interaction.user.id)
        found = sights(message)[: modals.MOST_OPTIONS]
        shown = await provenance_of(self._client, message)
        await self._engine.sequels.check_shared(shown.owner, user_id)
        cost = await cost_of(interaction, private_in(interaction, shown.job))
        find = Find(
            id=job_id_of(interaction.id),
            user_id=user_id,
            media=tuple(sight.media for sight in found),
            place=message.jump_url,
            picture_of=borrowed(shown.owner, interaction),
            parent_id=None if shown.job is None else shown.job.id,
        )
        await self._engine.finds.keep(find)
        say = private_language(interaction)
        await modals.ask(
            interaction,
            f"animate:{find.id}",
            title=say(NAME),
            cost=cost,
            pictures=_options(found, say),
        )

    async def submit(
        self, interaction: Interaction, match: re.Match[str], answers: Answers
    ) -> None:
        """Begin with the picture that was found, and the prompt."""
        find = await self._engine.finds.look(JobId(match["find"]), UserId(interaction.user.id))
        chosen = answers.get(modals.PICTURE, "0")
        if not chosen.isdecimal() or int(chosen) >= len(find.media):
            raise NoPictureError(f"{find.id} has no picture {chosen!r}")
        source = find.media[int(chosen)]
        parent = await self._engine.store.job(find.parent_id) if find.parent_id else None
        server = private_in(interaction, parent)
        check_served(interaction, server)
        kind = OriginKind.PICTURE
        if parent and source.kind is MediaKind.VIDEO:
            kind = OriginKind.CONTINUE
        origin = Origin(kind, find.place, find.parent_id, find.picture_of, server)
        await begin(interaction, origin, source, answers.get(modals.PROMPT, ""))


def _options(found: Sequence[Sight], say: Language) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(
            label=shorten(f"{number + 1}. {sight.name}", LONGEST_OPTION),
            value=str(number),
            description=_described(sight, say),
            default=number == 0,
        )
        for number, sight in enumerate(found)
    ]


def _described(sight: Sight, say: Language) -> str | None:
    if sight.media.kind is MediaKind.VIDEO:
        return say("The last frame of this video")
    return f"{sight.width} × {sight.height}" if sight.width and sight.height else None


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(AnimateThis(client))

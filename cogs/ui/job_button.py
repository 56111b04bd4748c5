"""A button about one job: it carries the job's id, so any process can answer it, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import discord
from discord import ui

from cogs.ui.errors import answering
from cogs.ui.language import language_of
from hailuo.jobs.job import JOB_ID_PATTERN, JobId

if TYPE_CHECKING:
    import re

    from cogs.ui.client import Interaction
    from cogs.ui.language import Language

_NOTHING = r"(?!)"


class JobButton(ui.DynamicItem[ui.Button[Any]], template=_NOTHING):
    """The base of a button whose custom id is its name and the id of a job, or of an offer.

    A subclass is made with its ``name``, its marked ``label`` and its ``style``, and says in
    `press` what happens. Whatever `press` raises is told to the presser alone.
    """

    _name: ClassVar[str]
    _label: ClassVar[str]
    _style: ClassVar[discord.ButtonStyle]

    def __init_subclass__(
        cls, *, name: str, label: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
    ) -> None:
        super().__init_subclass__(template=rf"{name}:(?P<job>{JOB_ID_PATTERN})")
        cls._name, cls._label, cls._style = name, label, style

    def __init__(self, job_id: JobId, say: Language | None = None) -> None:
        label = (say or language_of(None))(self._label)
        custom_id = f"{self._name}:{job_id}"
        super().__init__(ui.Button(label=label, style=self._style, custom_id=custom_id))
        self.job_id = job_id

    @classmethod
    async def from_custom_id(  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Rebuild the button from the id of its job."""
        del interaction, item
        return cls(JobId(match["job"]))

    async def callback(self, interaction: Interaction) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Answer a press."""
        async with answering(interaction):
            await self.press(interaction)

    async def press(self, interaction: Interaction) -> None:
        """Do what the button is for."""
        raise NotImplementedError

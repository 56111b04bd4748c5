"""Keeps work from beginning while commands that came together still wait for their first answer.

Discord gives a bot three seconds to acknowledge. Of hundreds of commands at once, the work of the
first would otherwise delay the answer to the last.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

import discord

from cogs.ui import codes

if TYPE_CHECKING:
    from cogs.ui.client import Interaction

PUBLIC: Final = "thinks in public"
PRIVATE: Final = "thinks in private"
"""Mark an interaction whose answer was begun, for all or for its member alone."""

QUIET: Final = timedelta(milliseconds=100)
"""Commands that come closer together than this came together; nobody sees that a job waits so."""
LONGEST: Final = timedelta(seconds=3)
"""Later than this nobody who waits can be helped any more."""


class Acknowledging:
    """Counts the answers under way; use it around each, then wait until it is ``over``."""

    def __init__(self) -> None:
        self._under_way = 0
        self._begun = 0
        self._none = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._under_way += 1
        self._begun += 1
        self._none.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._none.set()

    async def over(self) -> None:
        """Wait until no answer has been under way for a moment, at most for a while."""
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                begun = None
                while begun != self._begun:
                    await self._none.wait()
                    begun = self._begun
                    await asyncio.sleep(QUIET.total_seconds())
        except TimeoutError:
            return


async def defer(interaction: Interaction, *, privately: bool = False) -> int | None:
    """Acknowledge, and begin an answer that is still to come; return its message's id.

    An acknowledgement whose own answer was lost is given again: it may have arrived, and then
    the message is there already. Only the first refusal means that somebody else has answered.
    """
    mark = PRIVATE if privately else PUBLIC
    try:
        message_id = await _defer(interaction, privately=privately)
    except codes.NO_ANSWER:
        try:
            message_id = await _defer(interaction, privately=privately)
        except discord.HTTPException as error:
            if error.code != codes.ALREADY_ACKNOWLEDGED:
                raise
            interaction.extras[mark] = True
            return (await interaction.original_response()).id
    interaction.extras[mark] = True
    return message_id


async def _defer(interaction: Interaction, *, privately: bool) -> int | None:
    answer = await interaction.response.defer(ephemeral=privately, thinking=True)
    return answer.message_id if answer is not None else None

"""Sends what AutoMod may object to: a second time without the member's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import structlog

from cogs.ui import card
from cogs.ui.memory import EDITS
from cogs.ui.surface import BlockedError
from hailuo.jobs.presenter import CardGoneError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import discord

    from cogs.ui.memory import Way
    from cogs.ui.sender import Draft
    from cogs.ui.surface import Surface
    from hailuo.jobs.job import Job

_Sent = TypeVar("_Sent")

log = structlog.get_logger(__name__)


async def edit(
    surface: Surface, job: Job, draft: Draft, ways: Sequence[Way] = EDITS, *, reopens: bool = False
) -> discord.Message:
    """Edit as `Surface.edit` does; where AutoMod objects to both drawings, the card is gone."""
    return await without_blocked_words(
        job, lambda shown: surface.edit(shown, draft, ways, reopens=reopens)
    )


async def without_blocked_words(job: Job, send: Callable[[Job], Awaitable[_Sent]]) -> _Sent:
    """Send; where AutoMod objects, once more without the member's words."""
    try:
        return await send(job)
    except BlockedError:
        log.info("AutoMod objects to the prompt", job=job.id)
    try:
        return await send(card.without_prompt(job))
    except BlockedError as error:
        raise CardGoneError(f"{job.id}: AutoMod blocks the card") from error

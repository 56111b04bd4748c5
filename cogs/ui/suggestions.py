"""A member's own prompts as suggestions; a long one is referred to by the job that had it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, ClassVar, Final

import structlog
from discord import app_commands

from cogs.ui.text import plain, shorten
from hailuo.errors import HailuoError
from hailuo.jobs.job import JOB_ID_PATTERN, JobId, UserId
from hailuo.wording import N_

if TYPE_CHECKING:
    from cogs.ui.client import Interaction

log = structlog.get_logger(__name__)

MOST: Final = 25
"""Choices, by Discord's rule."""
LONGEST: Final = 100
"""Characters of a choice's name and of its value, by the same."""
WITHIN_S: Final = 2.0
"""Discord waits for three seconds; nothing is better than something too late."""
REFERENCE: Final = "↻"
_REFERENCE: Final = re.compile(rf"{REFERENCE}({JOB_ID_PATTERN})")


class PromptGoneError(HailuoError):
    """A suggestion leads to a prompt that is no longer stored, or is not the member's."""

    sentence: ClassVar[str] = N_(
        "That prompt of yours is no longer stored. Nothing was counted; please write it again."
    )


async def suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the member's newest prompts that hold what they have typed; never an error."""
    try:
        async with asyncio.timeout(WITHIN_S):
            found = await interaction.client.engine.store.prompts(
                UserId(interaction.user.id), plain(typed), MOST
            )
    except (TimeoutError, HailuoError) as error:
        log.warning("no suggestions", error=repr(error))
        return []
    return [_choice(job_id, prompt) for prompt, job_id in found.items()]


async def prompt_meant(interaction: Interaction, given: str) -> str:
    """Return the prompt that was written, or the whole of the one that was chosen."""
    reference = _REFERENCE.fullmatch(given.strip())
    if reference is None:
        return given
    job = await interaction.client.engine.store.job(JobId(reference[1]))
    if job is None or job.deleted_at is not None or job.request.user_id != interaction.user.id:
        raise PromptGoneError(f"{given} of {interaction.user.id}")
    return job.request.prompt


def _choice(job_id: JobId, prompt: str) -> app_commands.Choice[str]:
    whole = len(prompt) <= LONGEST
    return app_commands.Choice(
        name=shorten(plain(prompt), LONGEST), value=prompt if whole else f"{REFERENCE}{job_id}"
    )

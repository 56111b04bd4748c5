"""Tells what Discord does not do now from what it does not do at all."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord

from cogs.ui import codes
from hailuo.jobs.presenter import CardDelayedError

if TYPE_CHECKING:
    from collections.abc import Generator

    from hailuo.jobs.job import Job


@contextmanager
def delays(job: Job) -> Generator[None]:
    """Raise as `CardDelayedError` what says "not now"; what says "no" passes through."""
    try:
        yield
    except discord.HTTPException as error:
        if not codes.is_passing(error):
            raise
        raise _delayed(job, error) from error
    except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
        raise _delayed(job, error) from error


def _delayed(job: Job, cause: Exception) -> CardDelayedError:
    error = CardDelayedError(f"{job.id}: {type(cause).__name__}: {cause}")
    if isinstance(cause, discord.RateLimited):
        error.retry_after = timedelta(seconds=cause.retry_after)
    return error

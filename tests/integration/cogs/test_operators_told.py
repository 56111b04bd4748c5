"""Operators hear of a job of unknown fate once, as soon as Discord takes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from cogs.operator import tell_operators
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import AlarmDelayedError
from sandbox.discord.ids import OWNER_ID
from tests.integration.cogs.theatre import job_of

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

NOBODY = 1_100_000_000_000_000_999


def told(theatre: Theatre, job: Job) -> int:
    """Return how many messages name the job."""
    return sum(job.id in message.content for message in theatre.sandbox.world.messages.values())


@pytest.mark.parametrize("after_accept", [False, True])
async def test_who_cannot_be_reached_now_is_told_later_and_once(
    rest_theatre: Theatre, *, after_accept: bool
) -> None:
    theatre = rest_theatre
    client: Any = theatre.client
    # One of them Discord does not know: that is no reason to try again.
    client.engine = SimpleNamespace(
        settings=SimpleNamespace(operator_ids=frozenset({OWNER_ID, NOBODY}))
    )
    job = job_of(1, created_at=theatre.clock.now(), state=JobState.UNKNOWN)
    await theatre.person.fault(
        "POST /channels/*/messages", "drop", times=1, after_accept=after_accept
    )
    with pytest.raises(AlarmDelayedError):
        await tell_operators(client, job)
    assert told(theatre, job) == after_accept
    await tell_operators(client, job)
    assert told(theatre, job) == 1

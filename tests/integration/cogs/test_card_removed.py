"""A card that is taken away: the presenter tells whether anything of it still stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cogs.ui.memory import Act, Way
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import CardDelayedError, Delivery
from tests.integration.cogs.test_surface_in_time import opened
from tests.integration.cogs.theatre import TEXT

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

TAKEN_AWAY = f"DELETE /channels/{TEXT}/messages/*"


async def an_old_card(theatre: Theatre) -> Job:
    """Return a delivered job whose interaction's token is dead."""
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    theatre.clock.ahead += timedelta(hours=1)
    return theatre.notebook.read(replace(job, state=JobState.DELIVERED))


async def test_a_card_that_was_taken_away_stands_no_more(theatre: Theatre) -> None:
    job = await an_old_card(theatre)
    assert await theatre.presenter.remove(job)
    assert await theatre.person.messages("alice") == []
    assert await theatre.presenter.remove(job), "what is gone already is gone"


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (400, 50083)])
async def test_a_card_that_may_not_be_touched_still_stands(
    theatre: Theatre, status: int, code: int
) -> None:
    job = await an_old_card(theatre)
    await theatre.person.fault(TAKEN_AWAY, status, code=code)
    assert not await theatre.presenter.remove(job)
    assert len(await theatre.person.messages("alice")) == 1


async def test_a_card_that_was_once_out_of_reach_is_tried_again(theatre: Theatre) -> None:
    """What was learned may have been mended by who asks now."""
    job = await an_old_card(theatre)
    await theatre.presenter._surface.remember(
        job, theatre.presenter._surface.memory(job).without(Way.MESSAGE, act=Act.TEXT)
    )
    assert await theatre.presenter.remove(theatre.notebook.read(job))
    assert await theatre.person.messages("alice") == []


async def test_a_silent_discord_takes_nothing_away(theatre: Theatre) -> None:
    job = await an_old_card(theatre)
    await theatre.person.fault(TAKEN_AWAY, 503)
    with pytest.raises(CardDelayedError):
        await theatre.presenter.remove(job)


async def test_a_card_stands_though_what_was_posted_in_its_place_is_gone(
    theatre: Theatre,
) -> None:
    job = await opened(theatre)
    theatre.clock.ahead += timedelta(hours=2)
    await theatre.person.fault(f"PATCH /channels/{TEXT}/messages/*", 429, code=30046, times=1)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    job = theatre.notebook.read(replace(job, state=JobState.DELIVERED))
    await theatre.person.fault(
        f"DELETE /channels/{TEXT}/messages/{job.request.card.message_id}", 403, code=50013
    )
    assert not await theatre.presenter.remove(job)
    assert [m["id"] for m in await theatre.person.messages("alice")] == [
        str(job.request.card.message_id)
    ]

"""How long a Discord that does not answer, or that lets nothing through, is waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import discord
import pytest

from cogs.ui import sender
from cogs.ui.budget import BAN_UNLESS_TOLD
from cogs.ui.errors import answer
from cogs.ui.private import MAY_IN_DM, DmClosedError
from hailuo.jobs.job import JobId, JobState
from hailuo.jobs.presenter import CardDelayedError, Delivery, Outlook
from tests.integration.cogs.test_surface_in_time import BY_TOKEN, drawn, editing, edits, opened
from tests.integration.cogs.theatre import ALICE, GUILD, job_of

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

__all__ = ["editing"]


async def test_two_hundred_cards_stop_where_nothing_is_let_through(editing: Theatre) -> None:
    """An answer without Via comes from before Discord; each more brings a longer ban nearer."""
    job = await opened(editing)
    await editing.person.post("/settings", rate_limits=False)
    await editing.person.fault("PATCH /*", 429, via=False, retry_after=600, times=None)
    jobs = [replace(job, id=JobId(f"{job.id[:-3]}{number:03d}")) for number in range(200)]
    for one in jobs:
        editing.presenter.update(one, Outlook(queue_position=7))
    await drawn(editing, job, Outlook(queue_position=1))
    for one in jobs:
        with pytest.raises(CardDelayedError) as refusal:
            await editing.deliver(replace(one, state=JobState.DELIVERING))
        assert refusal.value.retry_after is not None
        assert refusal.value.retry_after > timedelta(minutes=9)
    assert await editing.invalid_requests() <= 2
    await editing.person.delete("/faults")
    editing.clock.ahead += timedelta(minutes=10)
    assert await editing.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED


async def test_no_cross_is_touched_while_nothing_is_let_through(editing: Theatre) -> None:
    job = await opened(editing)
    editing.budget._banned({"Retry-After": "600"})
    before = len(await editing.calls("*"))
    await editing.presenter._crosses.withdraw(job)
    assert len(await editing.calls("*")) == before


async def test_a_ban_that_does_not_say_how_long_is_waited_out_for_a_while(theatre: Theatre) -> None:
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    await theatre.person.fault(BY_TOKEN, 429, via=False, retry_after=0)
    with pytest.raises(CardDelayedError):
        await theatre.deliver(job)
    assert theatre.budget.progress_stops
    theatre.clock.ahead += BAN_UNLESS_TOLD
    assert theatre.budget.pause is None
    assert await theatre.deliver(job) is Delivery.DELIVERED


async def test_an_edit_that_hangs_is_let_go(
    editing: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of the job waits for it."""
    monkeypatch.setattr(sender, "TEXT_WITHIN", timedelta(seconds=0.2))
    job = await opened(editing)
    await editing.person.fault(BY_TOKEN, "hang")
    await editing.person.fault("PATCH /channels/*", "hang")
    await drawn(editing, job, Outlook(queue_position=3))
    assert await editing.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED


async def test_a_token_that_grows_too_old_meanwhile_is_not_tried_again(theatre: Theatre) -> None:
    job = await opened(theatre)
    before = await edits(theatre)
    theatre.clock.ahead += timedelta(minutes=14) - sender.FIRST_PAUSE
    await theatre.person.fault(BY_TOKEN, "drop", times=None)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert await edits(theatre) <= before + 2, "once by the token, once by the bot's own"


async def test_nothing_is_sent_past_the_life_of_a_token(theatre: Theatre) -> None:
    job = await opened(theatre)
    theatre.clock.ahead += job.request.card.token_expires_at - theatre.clock.now()
    theatre.clock.ahead -= sender.TOKEN_MARGIN + timedelta(seconds=0.5)
    await theatre.person.fault(BY_TOKEN, "hang", times=None)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1


@pytest.mark.parametrize(("age", "said"), [(timedelta(0), True), (timedelta(minutes=14.5), False)])
async def test_an_answer_is_given_only_while_the_interactions_token_lives(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, age: timedelta, said: bool
) -> None:
    """A refusal after a long intake takes the public answer away and says why, in two calls."""
    interaction = await theatre.interaction()
    later = discord.utils.utcnow() + age
    monkeypatch.setattr(discord.utils, "utcnow", lambda: later)
    await answer(interaction, "⚠️ Refused.")
    assert bool(await theatre.calls("DELETE /webhooks/*")) is said
    assert bool(await theatre.calls("POST /webhooks/*")) is said


def private_job(theatre: Theatre, number: int, dm: int) -> Job:
    """Return a job whose card is yet to be posted in alice's DM."""
    job = job_of(
        number, created_at=theatre.clock.now(), permissions=MAY_IN_DM, channel=dm, guild=GUILD
    )
    return replace(
        job, state=JobState.ACCEPTED, request=replace(job.request, private=True), video=None
    )


async def test_a_closed_dm_is_not_knocked_at_by_each_command(rest_theatre: Theatre) -> None:
    dm = await rest_theatre.client.create_dm(discord.Object(ALICE))
    await rest_theatre.person.post("/guild", action="close_dms")
    for number in range(1, 9):
        job = private_job(rest_theatre, number, dm.id)
        with pytest.raises(DmClosedError):
            await rest_theatre.presenter.open(job, rest_theatre.picture)
        await rest_theatre.presenter.close(
            rest_theatre.notebook.read(replace(job, state=JobState.FAILED))
        )
    assert await rest_theatre.invalid_requests() == 1

"""A new message is posted once, whatever becomes of its answer or of the process.

``RUNS=1000`` runs each in full; by default a seeded sample runs.
"""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cogs.ui import codes, sender
from cogs.ui.memory import EDITS, Act, Memory, Way
from hailuo.jobs.presenter import CardDelayedError, Delivery
from tests.integration.cogs.theatre import TEXT, job_of

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

RUNS = int(os.environ.get("RUNS", "60"))
AT_ONCE = 20
FIRST = 1400000000000000000
"""A snowflake of our days, so that job ids look like job ids."""
ROUTES = {Way.CHANNEL: f"POST /channels/{TEXT}/messages", Way.DM: "POST /channels/*/messages"}
LONG_AFTER = timedelta(minutes=20)
"""Longer than Discord remembers a nonce."""


async def without_card(theatre: Theatre, number: int, way: Way) -> Job:
    """Return a job whose card is gone, so that its video is posted anew by a way."""
    number = FIRST + (number << 22)
    job = job_of(number, created_at=theatre.clock.now(), message_id=number)
    gone = Memory().without(*EDITS)
    if way is Way.DM:
        gone = gone.without(Way.CHANNEL)
    await theatre.notebook.remember_card(job.id, message_id=None, memory=gone.dump())
    return theatre.notebook.read(job)


async def deliver_at_last(theatre: Theatre, job: Job) -> None:
    """Try as the worker does: again after each delay."""
    for _ in range(10):
        try:
            assert await theatre.deliver(job) is Delivery.DELIVERED
        except CardDelayedError:
            continue
        else:
            return
    raise AssertionError("never delivered")


def posted(theatre: Theatre, jobs: list[Job]) -> list[int]:
    """Return how often each job's video stands anywhere."""
    found = theatre.videos_posted()
    return [found[job.id] for job in jobs]


def batches() -> list[range]:
    return [range(first, min(first + AT_ONCE, RUNS)) for first in range(0, RUNS, AT_ONCE)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", [Way.CHANNEL, Way.DM])
async def test_created_then_504_is_one_message(rest_theatre: Theatre, way: Way) -> None:
    """Discord creates the message and answers 504, or breaks off, up to more often than we try."""
    rng = random.Random(6)
    for batch in batches():
        jobs = [await without_card(rest_theatre, 1 + run, way) for run in batch]
        status = rng.choice([504, 504, 503, "drop"])
        times = len(jobs) * rng.choice([1, 2, 7])
        if status == 504:
            times = len(jobs)  # discord.py sleeps a second before it repeats these
        await rest_theatre.person.fault(ROUTES[way], status, times=times, after_accept=True)
        await asyncio.gather(*(deliver_at_last(rest_theatre, job) for job in jobs))
        await rest_theatre.person.delete("/faults")
        assert posted(rest_theatre, jobs) == [1] * len(jobs)
        rest_theatre.clock.ahead += timedelta(minutes=1)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", [Way.CHANNEL, Way.DM])
@pytest.mark.parametrize("later", [timedelta(0), LONG_AFTER])
async def test_a_crash_between_upload_and_record_is_one_message(
    rest_theatre: Theatre, way: Way, later: timedelta
) -> None:
    """Killed before the answer came; found again by nonce, or long after, by its job."""
    rng = random.Random(7)
    for batch in batches():
        jobs = [await without_card(rest_theatre, 1 + run, way) for run in batch]
        crashes = rng.choice([1, 1, 2])
        for _ in range(crashes):
            await rest_theatre.person.fault(ROUTES[way], "hang", times=None, after_accept=True)
            await crash_after_upload(rest_theatre, jobs)
            rest_theatre.clock.ahead += later
        await asyncio.gather(*(deliver_at_last(rest_theatre, job) for job in jobs))
        assert posted(rest_theatre, jobs) == [1] * len(jobs)
        rest_theatre.clock.ahead += timedelta(minutes=1)


async def crash_after_upload(theatre: Theatre, jobs: list[Job]) -> None:
    """Begin to deliver, and end the process once Discord has every message, not we."""
    attempts = [asyncio.create_task(theatre.deliver(job)) for job in jobs]
    async with asyncio.timeout(30):
        while posted(theatre, jobs) != [1] * len(jobs):
            await asyncio.sleep(0.01)
    for attempt in attempts:
        attempt.cancel()
    await asyncio.gather(*attempts, return_exceptions=True)
    await theatre.person.delete("/faults")
    theatre.restart()


async def test_a_search_that_fails_posts_nothing(rest_theatre: Theatre) -> None:
    """Where it cannot be told whether a message was posted, none is posted blindly."""
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    posting_at = rest_theatre.clock.now()
    memory = replace(Memory().without(*EDITS), posting_at=posting_at)
    await rest_theatre.notebook.remember_card(job.id, message_id=None, memory=memory.dump())
    await rest_theatre.person.fault(f"GET /channels/{TEXT}/messages", 503, times=None)
    with pytest.raises(CardDelayedError):
        await rest_theatre.deliver(job)
    assert posted(rest_theatre, [job]) == [0]


async def test_a_post_that_may_have_arrived_is_not_sent_by_another_way(
    rest_theatre: Theatre,
) -> None:
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    await rest_theatre.person.fault(ROUTES[Way.CHANNEL], "drop", times=None, after_accept=True)
    with pytest.raises(CardDelayedError):
        await rest_theatre.deliver(job)
    assert posted(rest_theatre, [job]) == [1]


async def test_a_post_that_took_all_its_time_is_looked_for_before_it_is_sent_again(
    rest_theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then Discord may know its nonce no more."""
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    await rest_theatre.person.fault(ROUTES[Way.CHANNEL], "hang", times=1, after_accept=True)
    with monkeypatch.context() as hurried:
        hurried.setattr(sender, "FILES_WITHIN", timedelta(seconds=0.5))
        hurried.setattr(sender, "FIRST_PAUSE", LONG_AFTER)
        with pytest.raises(CardDelayedError):
            await rest_theatre.deliver(job)
    rest_theatre.clock.ahead += LONG_AFTER
    assert await rest_theatre.deliver(job) is Delivery.DELIVERED
    assert posted(rest_theatre, [job]) == [1]


@pytest.mark.parametrize("act", [Act.FILE, Act.TEXT])
async def test_a_post_is_looked_for_where_nothing_may_be_posted_any_more(
    rest_theatre: Theatre, act: Act
) -> None:
    """Another card may have been refused there meanwhile."""
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    await rest_theatre.person.fault(ROUTES[Way.CHANNEL], "drop", times=3, after_accept=True)
    with pytest.raises(CardDelayedError):
        await rest_theatre.deliver(job)
    closures = rest_theatre.presenter._surface._closures
    closures.note(job.request.channel_id, Way.CHANNEL, act, codes.MISSING_PERMISSIONS)
    assert await rest_theatre.deliver(job) is Delivery.DELIVERED
    assert posted(rest_theatre, [job]) == [1]


async def test_a_channel_that_may_not_be_read_is_asked_once(rest_theatre: Theatre) -> None:
    """Discord counts each refusal."""
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    await rest_theatre.person.fault(f"* /channels/{TEXT}/messages", 403, code=50001, times=None)
    await rest_theatre.person.fault(ROUTES[Way.DM], "drop", times=None)
    for _ in range(5):
        with pytest.raises(CardDelayedError):
            await rest_theatre.deliver(job)
    assert await rest_theatre.invalid_requests() == 2, "one post, one search"


async def test_nothing_is_looked_for_while_discord_lets_nothing_through(
    rest_theatre: Theatre,
) -> None:
    job = await without_card(rest_theatre, 1, Way.CHANNEL)
    await rest_theatre.person.fault(ROUTES[Way.CHANNEL], 429, via=False, retry_after=600)
    with pytest.raises(CardDelayedError):
        await rest_theatre.deliver(job)
    before = len(await rest_theatre.calls("*"))
    with pytest.raises(CardDelayedError) as refusal:
        await rest_theatre.deliver(job)
    assert refusal.value.retry_after is not None
    assert refusal.value.retry_after > timedelta(minutes=9)
    assert len(await rest_theatre.calls("*")) == before

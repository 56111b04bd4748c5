"""A job's end reaches its member once, and no card is left that says something else."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cogs.tell_me import WISH
from cogs.ui import card
from cogs.ui.memory import EDITS, Act, Memory, Way
from hailuo.jobs.job import JobState, WorkerId
from hailuo.jobs.presenter import CardDelayedError, CardGoneError, Delivery
from hailuo.jobs.stages import API_FAILED
from hailuo.store.unknowns import RELEASED
from hailuo.wording import Wording
from tests.integration.cogs.test_posting_once import LONG_AFTER, without_card
from tests.integration.cogs.test_surface_in_time import BY_MESSAGE, POSTS, opened, shown, told
from tests.integration.cogs.theatre import GUILD, TEXT

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

THREAD = 1100000000000000031


async def grown_old(theatre: Theatre) -> Job:
    """Return a job whose video is ready, and whose card Discord lets nobody edit for once."""
    job = await opened(theatre)
    theatre.clock.ahead += timedelta(hours=2)
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=9, times=1)
    return replace(job, state=JobState.DELIVERING)


async def test_a_video_whose_post_was_not_answered_is_not_drawn_in_the_card_too(
    theatre: Theatre,
) -> None:
    job = await grown_old(theatre)
    await theatre.person.fault(POSTS, "drop", times=3, after_accept=True)
    with pytest.raises(CardDelayedError):
        await theatre.deliver(job)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1
    assert "in a message of its own" in await shown(theatre, job)


async def test_a_video_that_was_posted_before_a_crash_is_not_drawn_in_the_card_too(
    theatre: Theatre,
) -> None:
    job = await grown_old(theatre)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    theatre.restart()
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1
    assert "in a message of its own" in await shown(theatre, job)


async def test_a_post_that_was_refused_leaves_the_card_open_for_the_link(theatre: Theatre) -> None:
    job = await grown_old(theatre)
    await theatre.person.fault(POSTS, 403, code=50013)
    await theatre.person.post("/guild", action="close_dms")
    with pytest.raises(CardDelayedError):
        await theatre.deliver(job)
    await theatre.person.fault(BY_MESSAGE, 403, code=50013, times=1)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert Memory.load(theatre.notebook.read(job).request.card.memory).posting_at is None
    assert "its link" in await shown(theatre, job)


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.DELIVERING])
async def test_an_old_card_that_is_the_only_way_left_is_waited_for(
    theatre: Theatre, end: JobState
) -> None:
    """It would offer to cancel what is over for ever, and a video would be kept from its member."""
    job = replace(await grown_old(theatre), state=end)
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=40, times=3)
    await theatre.person.fault(POSTS, 403, code=50013)
    await theatre.person.post("/guild", action="close_dms")

    async def bring() -> None:
        if end is JobState.FAILED:
            await theatre.presenter.close(theatre.notebook.read(job))
        else:
            assert await theatre.deliver(job) is Delivery.DELIVERED

    with pytest.raises(CardDelayedError):
        await bring()
    await theatre.person.delete("/faults")
    await bring()
    assert ("Done" if job.live else "Failed") in await shown(theatre, job)


async def test_who_wants_to_be_told_hears_nothing_while_all_is_unclear(theatre: Theatre) -> None:
    """An operator may yet find the job's request, and then it is the video that is told of."""
    job = await opened(theatre)
    await theatre.notebook.remember_card(job.id, message_id=None, memory={WISH: True})
    await theatre.presenter.close(theatre.notebook.read(replace(job, state=JobState.UNKNOWN)))
    assert await told(theatre) == []
    theatre.clock.ahead += timedelta(minutes=20)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    (message,) = await told(theatre)
    (text, row) = message["components"]
    assert "is ready" in text["content"]
    card_id = job.request.card.message_id
    assert row["components"][0]["url"] == f"https://discord.com/channels/{GUILD}/{TEXT}/{card_id}"


async def test_what_was_posted_as_unclear_is_not_taken_for_the_video(theatre: Theatre) -> None:
    job = await opened(theatre)
    await theatre.presenter.lose_card(job)
    await theatre.person.fault("PATCH /webhooks/*", 404, code=10008)
    job = theatre.notebook.read(job)
    await theatre.presenter.close(replace(job, state=JobState.UNKNOWN))
    theatre.restart()
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=30)])
async def test_a_thread_that_the_video_brings_back_has_a_card_that_says_so(
    theatre: Theatre, age: timedelta
) -> None:
    job = await opened(theatre, channel=THREAD)
    await theatre.person.post(f"/channels/{THREAD}", action="archive")
    theatre.clock.ahead += age
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1
    card = await shown(theatre, job)
    assert "in a message of its own" in card
    assert "cancel:" not in card


async def test_a_card_that_cannot_say_at_once_where_its_video_is_says_so_later(
    theatre: Theatre,
) -> None:
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    memory = theatre.presenter._surface.memory(job)
    await theatre.presenter._surface.remember(
        job, memory.without(*EDITS, Way.CHANNEL, act=Act.FILE)
    )
    await theatre.person.fault("PATCH /*", "drop", times=20)
    with pytest.raises(CardDelayedError):
        await theatre.deliver(job)
    await theatre.person.delete("/faults")
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1
    assert "in a direct message" in await shown(theatre, job)


async def test_an_old_card_says_where_its_video_is_as_soon_as_it_may_be_edited(
    theatre: Theatre,
) -> None:
    """The video does not wait for that, nor does who wants to be told of it."""
    job = await grown_old(theatre)
    job = replace(job, state_at=theatre.clock.now())
    await theatre.notebook.remember_card(job.id, message_id=None, memory={WISH: True})
    await theatre.person.delete("/faults")
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=40, times=2)
    with pytest.raises(CardDelayedError) as delayed:
        await theatre.deliver(job)
    assert delayed.value.retry_after == timedelta(seconds=40)
    assert theatre.videos_posted()[job.id] == 1
    assert len(await told(theatre)) == 1
    theatre.clock.ahead += timedelta(seconds=40)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert "in a message of its own" in await shown(theatre, job)
    assert theatre.videos_posted()[job.id] == 1
    assert len(await told(theatre)) == 1


async def test_a_job_is_not_held_up_for_long_by_a_card_that_cannot_be_edited(
    theatre: Theatre,
) -> None:
    job = replace(await grown_old(theatre), state_at=theatre.clock.now())
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=40, times=None)
    with pytest.raises(CardDelayedError):
        await theatre.deliver(job)
    theatre.clock.ahead += timedelta(minutes=10)
    assert await theatre.deliver(job) is Delivery.DELIVERED


async def test_a_job_is_not_held_up_by_a_card_that_may_be_edited_in_an_hour(
    theatre: Theatre,
) -> None:
    job = replace(await grown_old(theatre), state_at=theatre.clock.now())
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=3000, times=None)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1


async def test_a_job_that_waited_long_is_not_ended_by_a_card_that_has_to_wait_too(
    theatre: Theatre,
) -> None:
    """Its picture's link is renewed by an edit of the card before the job is sent."""
    job = replace(await grown_old(theatre), state=JobState.ACCEPTED)
    with pytest.raises(CardDelayedError):
        await theatre.presenter.open(job, theatre.picture)
    assert await theatre.presenter.open(job, theatre.picture)


@pytest.mark.parametrize("known", [True, False])
async def test_a_job_that_waited_in_line_brings_its_archived_thread_back(
    theatre: Theatre, known: bool
) -> None:
    """It may wait for longer than a thread in which nobody writes stays open."""
    job = replace(await opened(theatre, channel=THREAD), state=JobState.ACCEPTED)
    await theatre.person.post(f"/channels/{THREAD}", action="archive")
    theatre.clock.ahead += timedelta(minutes=16)
    if known:
        with pytest.raises(CardGoneError):
            await theatre.presenter._draw_progress(job, card.progress)
    assert await theatre.presenter.open(job, theatre.picture)
    assert theatre.presenter.stands(job)


async def test_a_job_whose_thread_was_locked_begins_no_more(theatre: Theatre) -> None:
    job = replace(await opened(theatre, channel=THREAD), state=JobState.ACCEPTED)
    await theatre.person.post(f"/channels/{THREAD}", action="lock")
    with pytest.raises(CardGoneError):
        await theatre.presenter.open(job, theatre.picture)
    assert await theatre.invalid_requests() == 1


async def test_what_was_posted_as_unclear_in_a_thread_brings_it_back_with_the_video(
    theatre: Theatre,
) -> None:
    job = replace(await unclear_anew(theatre, channel=THREAD), state=JobState.DELIVERING)
    await theatre.person.post(f"/channels/{THREAD}", action="archive")
    assert await theatre.deliver(job) is Delivery.DELIVERED
    (text,) = await posted_anew(theatre, job)
    assert "Done" in text


async def test_what_another_worker_learned_is_not_forgotten_by_who_takes_over(
    rest_theatre: Theatre,
) -> None:
    """A process looks at the cards of others too, when it is ready or a message is deleted."""
    theatre = rest_theatre
    job = replace(await without_card(theatre, 1, Way.CHANNEL), owner=WorkerId("other"))
    mine = theatre.presenter
    mine.stands(job)
    await mine.lose_card(job)
    assert not mine._surface._memories
    theatre.restart()
    await crash_after_upload(theatre, job)
    theatre.clock.ahead += LONG_AFTER
    theatre.presenter = mine
    assert await theatre.deliver(replace(job, owner=WorkerId("me"))) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1


async def crash_after_upload(theatre: Theatre, job: Job) -> None:
    """Begin to deliver, and end the process once Discord has the message, not we."""
    await theatre.person.fault(POSTS, "hang", times=None, after_accept=True)
    attempt = asyncio.create_task(theatre.deliver(job))
    async with asyncio.timeout(30):
        while not theatre.videos_posted():
            await asyncio.sleep(0.01)
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)
    await theatre.person.delete("/faults")


async def unclear_anew(theatre: Theatre, channel: int = TEXT) -> Job:
    """Return a job of unknown fate that says so in a message of its own, as its card is gone."""
    job = await opened(theatre, channel)
    await theatre.presenter.lose_card(job)
    await theatre.person.fault("PATCH /webhooks/*", 404, code=10008)
    await theatre.presenter.close(replace(theatre.notebook.read(job), state=JobState.UNKNOWN))
    theatre.restart()
    return theatre.notebook.read(job)


async def posted_anew(theatre: Theatre, job: Job) -> list[str]:
    """Return what the messages about a job show that are not its card."""
    messages = await theatre.person.messages("alice", str(job.request.channel_id))
    shown = [json.dumps(m["components"]) for m in messages if m["id"] != card_id(job)]
    return [text for text in shown if job.id in text]


def card_id(job: Job) -> str:
    return str(job.request.card.message_id)


async def test_what_was_posted_as_unclear_becomes_the_video_and_is_deleted_with_it(
    theatre: Theatre,
) -> None:
    job = replace(await unclear_anew(theatre), state=JobState.DELIVERING)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    (text,) = await posted_anew(theatre, job)
    assert "Done" in text
    assert theatre.videos_posted()[job.id] == 1
    theatre.restart()
    await theatre.presenter.remove(theatre.notebook.read(job))
    assert await posted_anew(theatre, job) == []


async def test_what_was_posted_as_unclear_says_that_it_was_released(theatre: Theatre) -> None:
    job = await unclear_anew(theatre)
    released = replace(job, state=JobState.UNKNOWN, reason=Wording(RELEASED))
    await theatre.presenter.close(released)
    (text,) = await posted_anew(theatre, job)
    assert "no longer counted" in text
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    (text,) = await posted_anew(theatre, job)
    assert "Done" in text


async def test_what_was_posted_as_unclear_before_a_crash_becomes_the_video_too(
    theatre: Theatre,
) -> None:
    job = await unclear_anew(theatre)
    nobody = {"posted": None, "posted_for": None}
    await theatre.notebook.remember_card(job.id, message_id=None, memory=nobody)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    (text,) = await posted_anew(theatre, job)
    assert "Done" in text


async def test_where_what_was_posted_as_unclear_is_gone_the_video_is_posted(
    theatre: Theatre,
) -> None:
    job = await unclear_anew(theatre)
    posted = Memory.load(job.request.card.memory).posted
    assert posted is not None
    await theatre.presenter._surface._sender.delete_posted(posted)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1


async def test_what_was_posted_as_unclear_and_takes_no_files_becomes_the_link(
    theatre: Theatre,
) -> None:
    job = replace(await unclear_anew(theatre), state=JobState.DELIVERING)
    await theatre.person.fault(BY_MESSAGE, 403, code=50013, times=1)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    (text,) = await posted_anew(theatre, job)
    assert "its link" in text


async def test_what_was_posted_as_unclear_and_may_not_be_changed_stays_alone(
    theatre: Theatre,
) -> None:
    job = replace(await unclear_anew(theatre), state=JobState.DELIVERING)
    await theatre.person.fault(BY_MESSAGE, 403, code=50001, times=None)
    assert await theatre.deliver(job) is Delivery.NOWHERE
    assert len(await posted_anew(theatre, job)) == 1


async def test_a_reason_that_says_what_automod_blocks_leaves_no_card_under_way(
    theatre: Theatre,
) -> None:
    """The API's word on a failure may hold the member's own words."""
    job = await opened(theatre)
    await theatre.person.post("/guild", action="automod", words=["waves"])
    why = Wording(API_FAILED, {"why": "the prompt 'waves roll in' is not allowed"})
    await theatre.presenter.close(replace(job, state=JobState.FAILED, reason=why))
    card = await shown(theatre, job)
    assert "No video came of it. It was not counted" in card
    assert "cancel:" not in card

"""The card over its life: forty minutes, an hour, a ban avoided, a limit corrected, a mention."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cogs.tell_me import WISH
from cogs.ui import card
from cogs.ui.budget import ENDS_UNTIL, PROGRESS_UNTIL
from cogs.ui.memory import EDITS, Act, Memory, Way
from hailuo.jobs.job import JobId, JobState
from hailuo.jobs.presenter import (
    CardDelayedError,
    CardGoneError,
    CardTooLargeError,
    Delivery,
    Outlook,
)
from tests.integration.cogs.theatre import ALICE, TEXT, job_of

if TYPE_CHECKING:
    from discord import ui

    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre

BY_TOKEN = "PATCH /webhooks/*"
BY_MESSAGE = f"PATCH /channels/{TEXT}/messages/*"
POSTS = f"POST /channels/{TEXT}/messages"


async def opened(theatre: Theatre, channel: int = TEXT) -> Job:
    """Return a job whose card is drawn."""
    job = replace(await theatre.animate(channel), state=JobState.ACCEPTED)
    await theatre.presenter.open(job, theatre.picture)
    return theatre.notebook.read(replace(job, state=JobState.IN_QUEUE))


async def shown(theatre: Theatre, job: Job) -> str:
    """Return what the job's card shows, as JSON."""
    messages = await theatre.person.messages("alice", str(job.request.channel_id))
    (card,) = [m for m in messages if m["id"] == str(job.request.card.message_id)]
    return json.dumps(card["components"], ensure_ascii=False)


async def edits(theatre: Theatre) -> int:
    return len(await theatre.calls("PATCH *"))


async def drawn(theatre: Theatre, job: Job, outlook: Outlook) -> None:
    """Have progress shown, and wait until the editor has nothing left to do."""
    theatre.presenter.update(job, outlook)
    async with asyncio.timeout(10):
        while theatre.presenter._editor._channels:
            await asyncio.sleep(0.01)


@pytest.fixture
async def editing(theatre: Theatre) -> Any:
    """Run the progress editor."""
    task = asyncio.create_task(theatre.presenter.run())
    await asyncio.sleep(0)
    yield theatre
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_job_of_forty_minutes_never_uses_a_dead_token(editing: Theatre) -> None:
    """Each minute a drawing: by the token at first, by message id in time, the same message."""
    job = await opened(editing)
    for minute in range(40):
        await drawn(editing, job, Outlook(queue_position=20 - minute % 20))
        editing.clock.ahead += timedelta(minutes=1)
    assert await editing.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    by_token = await editing.calls(BY_TOKEN)
    assert {call["status"] for call in by_token} == {200}
    died_at = job.request.card.token_expires_at
    assert all(call["at"] < died_at.isoformat() for call in by_token)
    assert len(await editing.calls("PATCH /channels/*")) > 20
    assert editing.videos_posted()[job.id] == 1
    assert "Done" in await shown(editing, job)
    assert await editing.invalid_requests() == 0


async def test_after_an_hour_only_the_end_is_drawn(editing: Theatre) -> None:
    job = await opened(editing)
    await drawn(editing, job, Outlook())  # its stage; a new one would be shown, though late
    editing.clock.ahead += timedelta(minutes=56)
    before = await edits(editing)
    for place in range(30, 1, -1):
        await drawn(editing, job, Outlook(queue_position=place))
        editing.clock.ahead += timedelta(minutes=1)
    assert await edits(editing) == before
    assert await editing.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert await edits(editing) == before + 1


async def test_a_card_of_an_hour_does_not_stand_with_a_time_that_has_passed(
    editing: Theatre,
) -> None:
    """When it can be told no more that it takes longer, no time is promised any more either."""
    job = await opened(editing)
    expected = editing.clock.now() + timedelta(minutes=70)
    for _ in range(60):
        await drawn(editing, job, Outlook(None, expected - timedelta(minutes=5), expected))
        editing.clock.ahead += timedelta(minutes=1)
    assert "Expected" not in await shown(editing, job)


async def test_a_long_queue_of_the_api_is_told_each_tenth_of_the_way(editing: Theatre) -> None:
    """Every look sees another place there, and near the head each step matters."""
    job = await opened(editing)
    before = await edits(editing)
    for place in range(1000, 20, -5):
        await drawn(editing, job, Outlook(queue_position=place))
        editing.clock.ahead += timedelta(seconds=6)
    assert await edits(editing) - before < 45
    assert "About place" in await shown(editing, job)
    before = await edits(editing)
    for place in range(20, 10, -1):
        await drawn(editing, job, Outlook(queue_position=place))
        editing.clock.ahead += timedelta(seconds=6)
    assert await edits(editing) - before == 10
    assert "Place 11 in" in await shown(editing, job)


async def test_a_look_without_news_draws_once_and_an_edit_twice(editing: Theatre) -> None:
    """Drawing costs the loop more than all else that a look does."""
    job = await opened(editing)
    editor = editing.presenter._editor
    drawings: list[int] = []

    def draw(job: Job) -> ui.LayoutView:
        drawings.append(len(drawings))
        return card.progress(job)

    for expected in (2, 3):
        editor.submit(job, draw)
        async with asyncio.timeout(10):
            while editor._channels:
                await asyncio.sleep(0.01)
        assert len(drawings) == expected


async def test_an_end_refused_for_age_is_posted_anew_at_once(theatre: Theatre) -> None:
    """discord.py would edit five times, since it takes 30046 for any other rate limit."""
    job = await opened(theatre)
    theatre.clock.ahead += timedelta(hours=2)
    await theatre.person.post("/settings", old_message_edits=0)
    await theatre.person.fault(BY_MESSAGE, 429, code=30046, retry_after=9, times=None)
    assert await theatre.deliver(replace(job, state=JobState.DELIVERING)) is Delivery.DELIVERED
    assert theatre.videos_posted()[job.id] == 1
    assert await theatre.invalid_requests() <= 2


async def test_a_promise_is_kept_and_its_end_admitted(editing: Theatre) -> None:
    """A forecast that trembles costs no edit; one that has passed is admitted once."""
    job = await opened(editing)
    now = editing.clock.now()
    early, late = now + timedelta(seconds=60), now + timedelta(seconds=120)
    await drawn(editing, job, Outlook(None, early, late))
    after_first = await edits(editing)
    for second in range(1, 10):
        tremble = timedelta(seconds=second)
        await drawn(editing, job, Outlook(None, early + tremble, late + tremble))
        editing.clock.ahead += timedelta(seconds=6)
    assert await edits(editing) == after_first
    assert "longer than usual" not in await shown(editing, job)
    editing.clock.ahead += timedelta(seconds=70)
    await drawn(editing, job, Outlook())
    assert "longer than usual" in await shown(editing, job)
    assert await edits(editing) == after_first + 1


async def test_progress_stops_early_and_ends_wait_long_before_a_ban(editing: Theatre) -> None:
    job = await opened(editing)
    for _ in range(PROGRESS_UNTIL):
        editing.budget.note(403)
    before = await edits(editing)
    await drawn(editing, job, Outlook(queue_position=3))
    assert await edits(editing) == before
    done = replace(job, state=JobState.DELIVERING)
    for _ in range(ENDS_UNTIL - PROGRESS_UNTIL):
        editing.budget.note(403)
    with pytest.raises(CardDelayedError) as refusal:
        await editing.deliver(done)
    assert refusal.value.retry_after is not None
    assert refusal.value.retry_after > timedelta(minutes=9)
    editing.clock.ahead += refusal.value.retry_after
    assert await editing.deliver(done) is Delivery.DELIVERED


@pytest.mark.parametrize(
    ("status", "scope", "counted"),
    [(401, None, 1), (403, None, 1), (404, None, 0), (429, "user", 1), (429, "shared", 0)],
)
async def test_invalid_requests_are_counted_as_discord_counts_them(
    rest_theatre: Theatre, status: int, scope: str | None, counted: int
) -> None:
    fault: dict[str, Any] = {"retry_after": 0.01, "scope": scope} if scope else {}
    await rest_theatre.person.fault(BY_MESSAGE, status, **fault)
    job = job_of(1, created_at=rest_theatre.clock.now(), message_id=1)
    await rest_theatre.presenter._surface.remember(job, Memory().without(Way.CHANNEL, Way.DM))
    with pytest.raises((CardGoneError, CardDelayedError)):
        await rest_theatre.presenter.open(job, rest_theatre.picture)
    assert rest_theatre.budget.count == counted


async def test_a_refused_size_corrects_the_limit_once(theatre: Theatre) -> None:
    """A server's limit may promise more than Discord takes."""
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    promised = theatre.presenter.upload_limit(job)
    await theatre.person.fault(BY_TOKEN, 413)
    with pytest.raises(CardTooLargeError):
        await theatre.deliver(job)
    corrected = theatre.presenter.upload_limit(theatre.notebook.read(job))
    assert 9_000_000 < corrected < promised / 1.9
    theatre.restart()
    assert theatre.presenter.upload_limit(theatre.notebook.read(job)) == corrected
    assert await theatre.deliver(job) is Delivery.DELIVERED


async def told(theatre: Theatre) -> list[dict[str, Any]]:
    """Return the messages that mention somebody."""
    return [message for message in await theatre.person.messages("alice") if message["mentions"]]


@pytest.mark.parametrize("crashes", [0, 1])
@pytest.mark.parametrize("card_stands", [True, False])
async def test_who_asked_to_be_told_is_mentioned_once(
    theatre: Theatre, crashes: int, card_stands: bool
) -> None:
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    await theatre.notebook.remember_card(job.id, message_id=None, memory={WISH: True})
    if not card_stands:
        await theatre.presenter.lose_card(job)
    for _ in range(crashes + 1):
        assert await theatre.deliver(job) is Delivery.DELIVERED
        theatre.restart()
        theatre.clock.ahead += timedelta(minutes=10)
    (message,) = await told(theatre)
    assert [user["id"] for user in message["mentions"]] == [str(ALICE)]
    assert theatre.videos_posted()[job.id] == 1


async def test_nobody_is_mentioned_unasked(theatre: Theatre) -> None:
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert await told(theatre) == []


async def test_files_refused_in_the_channel_leave_a_card_that_says_where_the_video_is(
    theatre: Theatre,
) -> None:
    job = replace(await opened(theatre), state=JobState.DELIVERING)
    memory = theatre.presenter._surface.memory(job)
    refused = memory.without(*EDITS, Way.CHANNEL, act=Act.FILE)
    await theatre.presenter._surface.remember(job, refused)
    assert await theatre.deliver(job) is Delivery.DELIVERED
    assert "in a direct message" in await shown(theatre, job)
    assert "cancel:" not in await shown(theatre, job)
    assert theatre.videos_posted()[job.id] == 1


async def test_of_fifty_cards_in_one_channel_each_shows_the_newest_in_few_edits(
    editing: Theatre,
) -> None:
    job = await opened(editing)
    await editing.person.post("/settings", rate_limits=False)
    jobs = [replace(job, id=JobId(f"{job.id[:-2]}{number:02d}")) for number in range(50)]
    before = await edits(editing)
    for place in range(20, 0, -1):
        for one in jobs:
            editing.presenter.update(one, Outlook(queue_position=place))
    await drawn(editing, job, Outlook(queue_position=1))
    assert await edits(editing) - before <= len(jobs) + 2


async def test_nothing_is_held_of_a_job_that_the_engine_has_let_go(editing: Theatre) -> None:
    """It may be another process's by now, whose card this one may draw again one day."""
    job = await opened(editing)
    presenter = editing.presenter
    await drawn(editing, job, Outlook(queue_position=3))
    presenter.update(job, Outlook(queue_position=2))
    presenter.forget(job.id)
    held = (presenter._surface._memories, presenter._editor._cards, presenter._forecasts._promised)
    assert held == ({}, {}, {})
    before = await edits(editing)
    await drawn(editing, replace(job, id=JobId(f"{job.id[:-1]}z")), Outlook(queue_position=1))
    assert await edits(editing) == before + 1

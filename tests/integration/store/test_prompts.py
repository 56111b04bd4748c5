"""A member's earlier prompts, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hailuo.jobs.job import JobState, UserId
from tests.jobs import LIMITS, ME, PICTURE, request_by

if TYPE_CHECKING:
    from hailuo.jobs.job import Job
    from hailuo.store import Store
    from tests.clocks import ManualClock


async def asked(store: Store, clock: ManualClock, prompt: str, user: int = 1) -> Job:
    """Have a member ask for something, and let a minute pass."""
    request = replace(request_by(user), prompt=prompt)
    job = await store.accept(request, PICTURE, replace(LIMITS, per_user=99), ME)
    await clock.advance(timedelta(minutes=1))
    return job


async def test_the_newest_distinct_prompts_that_hold_the_text_are_found(
    store: Store, clock: ManualClock
) -> None:
    for prompt in ("waves", "Ein Schiff FÄHRT", "100% waves_", "waves", "clouds"):
        await asked(store, clock, prompt)
    await asked(store, clock, "other waves", user=2)

    async def found(text: str, limit: int = 25) -> list[str]:
        return list(await store.prompts(UserId(1), text, limit))

    assert await found("") == ["clouds", "waves", "100% waves_", "Ein Schiff FÄHRT"]
    assert await found("", 2) == ["clouds", "waves"]
    assert await found("WAVES") == ["waves", "100% waves_"]
    assert await found("fährt") == ["Ein Schiff FÄHRT"]
    assert await found("%") == ["100% waves_"]
    assert await found("_") == ["100% waves_"]
    assert await found("nothing like it") == []


async def test_what_was_deleted_is_never_suggested(store: Store, clock: ManualClock) -> None:
    kept = await asked(store, clock, "waves")
    gone = await asked(store, clock, "secret waves")
    ended = await store.move(gone, JobState.CANCELLED)
    assert await store.mark_deleted(ended)
    assert await store.prompts(UserId(1), "", 25) == {"waves": kept.id}

"""Promise 7, and its mutants against the real sender: a video that has to be posted anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cogs.ui.memory import Way
from cogs.ui.sender import Sender
from cogs.ui.surface import Surface
from hailuo.jobs.job import JobState
from tests.chaos.ledgers import SPENT, Ours, Shown, broken_promises
from tests.integration.cogs.test_posting_once import (
    LONG_AFTER,
    ROUTES,
    crash_after_upload,
    deliver_at_last,
    without_card,
)
from tests.integration.cogs.theatre import logged_in

if TYPE_CHECKING:
    from pathlib import Path

    import discord
    import pytest

    from hailuo.jobs.job import Job
    from tests.integration.cogs.theatre import Theatre


class WithoutNonce:
    """A place that forgets the nonce of what it is sent."""

    def __init__(self, place: Any) -> None:
        self._place = place
        self.history = place.history

    async def send(self, *, nonce: str, **more: Any) -> discord.Message:
        """Send all but the nonce."""
        del nonce
        return await self._place.send(**more)


def mutate_nonce(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sender.place

    async def place(self: Sender, job: Job, way: Way) -> Any:
        return WithoutNonce(await real(self, job, way))

    monkeypatch.setattr(Sender, "place", place)


def mutate_search(monkeypatch: pytest.MonkeyPatch) -> None:
    async def finds_nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(Surface, "_find_posted", finds_nothing)


async def answer_lost(theatre: Theatre) -> list[str]:
    """Have Discord create the message and its answer be lost, so that it is sent again by us.

    What discord.py itself sends again (500, 502, 504) has a nonce of discord.py's own.
    """
    job = await without_card(theatre, 1, Way.CHANNEL)
    await theatre.person.fault(ROUTES[Way.CHANNEL], "drop", times=1, after_accept=True)
    await deliver_at_last(theatre, job)
    return broken(theatre, job)


async def died_long_ago(theatre: Theatre) -> list[str]:
    """Die before the answer comes, and live again when Discord has forgotten the nonce."""
    job = await without_card(theatre, 1, Way.CHANNEL)
    await theatre.person.fault(ROUTES[Way.CHANNEL], "hang", times=None, after_accept=True)
    await crash_after_upload(theatre, [job])
    theatre.clock.ahead += LONG_AFTER + timedelta(minutes=1)
    await deliver_at_last(theatre, job)
    return broken(theatre, job)


def broken(theatre: Theatre, job: Job) -> list[str]:
    """Ask the checker about a delivered job and the messages that Discord has."""
    ours = Ours(job.id, 1, JobState.DELIVERED, announced=True, request_id="r", member=SPENT,
                operator=SPENT)  # fmt: skip
    shown = [Shown(job.id, str(n)) for n in range(theatre.videos_posted()[job.id])]
    return broken_promises([ours], [], shown, accepted=[], limit=1)


async def test_the_product_posts_a_video_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with logged_in(tmp_path, monkeypatch) as theatre:
        assert await answer_lost(theatre) == []
    async with logged_in(tmp_path, monkeypatch) as theatre:
        assert await died_long_ago(theatre) == []


async def test_no_nonce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate_nonce(monkeypatch)
    async with logged_in(tmp_path, monkeypatch) as theatre:
        (found,) = await answer_lost(theatre)
        assert found.startswith("7 2 videos")


async def test_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate_search(monkeypatch)
    async with logged_in(tmp_path, monkeypatch) as theatre:
        (found,) = await died_long_ago(theatre)
        assert found.startswith("7 2 videos")

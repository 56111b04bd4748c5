"""What happens to a card while nobody draws it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from cogs.cards import Cards
from hailuo.jobs.job import Job, JobState, job_id_of
from tests.jobs import ME, PICTURE, request_by

SECOND = 1 << 22
"""A server of the second of two shards."""


async def test_whoever_reads_reactions_stops_when_the_bot_closes() -> None:
    """Its next call would find the connection closed, and leave an error in the log."""
    reading = asyncio.Event()

    async def live_jobs() -> list[Any]:
        reading.set()
        await asyncio.Event().wait()
        return []

    client: Any = SimpleNamespace(
        engine=SimpleNamespace(store=SimpleNamespace(live_jobs=live_jobs))
    )
    cards = Cards(client)
    readers = [asyncio.create_task(cards.on_shard_ready(shard)) for shard in range(2)]
    await reading.wait()
    await cards.cog_unload()
    assert all(reader.cancelled() for reader in readers)


@pytest.mark.parametrize(("private", "shard"), [(False, 1), (True, 0)])
async def test_the_shard_that_hears_of_a_cards_reactions_reads_those_it_missed(
    private: bool, shard: int
) -> None:
    """A private card stands in a DM, of which the first shard alone hears, whatever its server."""
    request = request_by(guild=SECOND)
    may = discord.Permissions(view_channel=True).value
    request = replace(request, private=private, card=replace(request.card, app_permissions=may))
    now = datetime.now(UTC)
    job = Job(job_id_of(1), request, PICTURE, JobState.IN_QUEUE, now, now, ME)
    read: list[int] = []

    async def live_jobs() -> list[Any]:
        return [job]

    async def fetch_message(_: int) -> Any:
        read.append(reading)
        return SimpleNamespace(reactions=[])

    client: Any = SimpleNamespace(
        engine=SimpleNamespace(store=SimpleNamespace(live_jobs=live_jobs)),
        shard_count=2,
        presenter=SimpleNamespace(stands=lambda _: True),
        get_partial_messageable=lambda *_, **__: SimpleNamespace(fetch_message=fetch_message),
    )
    cards = Cards(client)
    for reading in range(2):
        await cards.on_shard_ready(reading)
    assert read == [shard]

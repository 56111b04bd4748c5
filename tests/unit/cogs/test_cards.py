"""What happens to a card while nobody draws it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from cogs.cards import Cards


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

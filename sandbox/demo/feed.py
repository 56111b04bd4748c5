"""What a member sees of a channel, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.discord.control.client import ControlClient

WAIT_S = 30

Message = dict[str, Any]


async def versions(client: ControlClient, who: str) -> AsyncIterator[Message]:
    """Yield every version of every message in the text channel, as it happens, without end."""
    seen: dict[str, int] = {}
    messages = await client.messages(who)
    while True:
        for message in messages:
            for entry in message["history"][seen.get(message["id"], 0) :]:
                yield entry["message"]
            seen[message["id"]] = len(message["history"])
        messages = await client.messages(who, since=client.version, wait=WAIT_S)

"""A member of the stand-in's server, acting through its control API."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

VERSION_HEADER = "X-Sandbox-Version"
WAIT_S = 10

Message = dict[str, Any]


class RefusedError(Exception):
    """The member's own client does not let this through; the text says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person in one channel."""

    session: aiohttp.ClientSession
    url: str
    name: str
    channel: str

    async def use_command(self, name: str, options: dict[str, Any], **files: Path) -> str:
        """Use a slash command with files; return the interaction's id."""
        uploads = {option: await asyncio.to_thread(_upload, path) for option, path in files.items()}
        command = {"as": self.name, "channel": self.channel, "name": name}
        body = command | {"options": options, "files": uploads}
        async with self.session.post(f"{self.url}/sandbox/commands", json=body) as response:
            answer = await response.json()
            if "error" in answer:
                raise RefusedError(answer["error"])
            return answer["interaction"]

    async def watch(self) -> AsyncIterator[Message]:
        """Yield every version of every message the member gets to see, as it happens."""
        seen: dict[str, int] = {}
        version = "0"
        while True:
            query = {"channel": self.channel, "as": self.name, "since": version, "wait": WAIT_S}
            async with self.session.get(f"{self.url}/sandbox/messages", params=query) as response:
                response.raise_for_status()
                version = response.headers[VERSION_HEADER]
                messages = await response.json()
            for message in messages:
                for entry in message["history"][seen.get(message["id"], 0) :]:
                    yield entry["message"]
                seen[message["id"]] = len(message["history"])

    async def download(self, url: str) -> bytes:
        """Save what a message shows."""
        async with self.session.get(url) as response:
            response.raise_for_status()
            return await response.read()


def _upload(path: Path) -> dict[str, str]:
    return {"name": path.name, "base64": base64.b64encode(path.read_bytes()).decode()}

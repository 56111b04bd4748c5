"""A client of the control API: act as a person, look, and wait for the world to change."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any, Self, TypeVar

import aiohttp

from sandbox.discord.control.api import PREFIX, VERSION_HEADER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]
T = TypeVar("T")

BAD_REQUEST = 400
CALL_TIMEOUT_S = 70.0


class RefusedError(Exception):
    """The stand-in does not let a person do that; the text is the reason."""


class ControlClient:
    """One program's view of a running stand-in; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.version = 0

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
        self._session = aiohttp.ClientSession(self.url, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, **query: Any) -> Any:
        """Look at something."""
        return await self._call("GET", path, params={k: str(v) for k, v in query.items()})

    async def post(self, path: str, **body: Any) -> Any:
        """Do something."""
        return await self._call("POST", path, json=body)

    async def delete(self, path: str, **body: Any) -> Any:
        """Take something away."""
        return await self._call("DELETE", path, json=body)

    async def command(self, who: str, name: str, *, channel: str = "text", **more: Any) -> str:
        """Use a typed command; return the interaction's id. ``more`` as the API takes it."""
        body = {"as": who, "name": name, "channel": channel, **more}
        return (await self.post("/commands", **body))["interaction"]

    async def menu(self, who: str, name: str, message: str) -> str:
        """Use a command of a message's menu; return the interaction's id."""
        body = {"as": who, "name": name, "menu": {"message": message}}
        return (await self.post("/commands", **body))["interaction"]

    async def click(self, who: str, message: str, custom_id: str, *values: str) -> str:
        """Press a button or choose from a menu; return the interaction's id."""
        body = {"as": who, "message": message, "custom_id": custom_id, "values": list(values)}
        return (await self.post("/components", **body))["interaction"]

    async def submit(self, who: str, interaction: str, values: Json, **more: Any) -> str:
        """Send a modal off; return the new interaction's id."""
        body = {"as": who, "interaction": interaction, "values": values, **more}
        return (await self.post("/modals", **body))["interaction"]

    async def react(self, who: str, message: str, emoji: str) -> None:
        """React to a message."""
        await self.post("/reactions", **{"as": who, "message": message, "emoji": emoji})

    async def unreact(self, who: str, message: str, emoji: str) -> None:
        """Take a reaction back."""
        await self.delete("/reactions", **{"as": who, "message": message, "emoji": emoji})

    async def say(self, who: str, content: str, *, channel: str = "text", **more: Any) -> str:
        """Write a message; return its id."""
        body = {"as": who, "content": content, "channel": channel, **more}
        return (await self.post("/messages", **body))["message"]

    async def messages(self, who: str, channel: str = "text", **query: Any) -> list[Json]:
        """Return a channel's messages as somebody sees them, oldest first."""
        return await self.get("/messages", **{"as": who, "channel": channel, **query})

    async def interaction(self, interaction: str, *, wait_s: float = 0) -> Json:
        """Return how an interaction was answered, waiting for the answer if asked to."""
        return await self.get(f"/interactions/{interaction}", wait=wait_s)

    async def calls(self, route: str = "*") -> list[Json]:
        """Return the ledger's calls of a route pattern."""
        return (await self.get("/ledger", route=route))["calls"]

    async def fault(self, route: str, status: int | str | None = None, **more: Any) -> None:
        """Have the next call of a route fail."""
        await self.post("/faults", route=route, status=status, **more)

    async def watch(
        self, look: Callable[[], Awaitable[T]], until: Callable[[T], Any], timeout_s: float = 10.0
    ) -> T:
        """Look again at every change of the world until the look satisfies; return it.

        Raise ``TimeoutError`` when it does not in time.
        """
        async with asyncio.timeout(timeout_s):
            while True:
                seen = await look()
                if until(seen):
                    return seen
                await self.get("/settings", since=self.version, wait=timeout_s)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        async with self._session.request(method, PREFIX + path, **options) as response:
            self.version = int(response.headers.get(VERSION_HEADER, self.version))
            body = await response.json()
            if response.status >= BAD_REQUEST:
                raise RefusedError(body.get("error", f"{response.status}"))
            return body


def file(name: str, data: bytes, **claims: Any) -> Json:
    """Return a file as the control API takes it; ``claims`` override what Discord would see."""
    return {"name": name, "base64": base64.b64encode(data).decode(), **claims}

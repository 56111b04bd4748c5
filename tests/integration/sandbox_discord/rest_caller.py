"""Raw REST calls with the bot's token."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from sandbox.discord.ids import BOT_TOKEN, TEXT_CHANNEL_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES = f"/channels/{TEXT_CHANNEL_ID}/messages"
V2 = 1 << 15


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON and headers."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> int:
        """Return Discord's JSON code."""
        return self.body["code"]

    @property
    def complaints(self) -> dict[str, str]:
        """Return the complaint codes by dotted path."""
        found: dict[str, str] = {}
        _gather(self.body.get("errors", {}), (), found)
        return found


class RestCaller:
    """Calls paths below /api/v10."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.base = f"{url}/api/v10"

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: tuple[tuple[str, bytes], ...] = (),
        token: str = BOT_TOKEN,
    ) -> Reply:
        """Make one call, multipart if there are files."""
        options: dict[str, Any] = {}
        if files:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(body or {}))
            for index, (name, data) in enumerate(files):
                form.add_field(f"files[{index}]", io.BytesIO(data), filename=name)
            options["data"] = form
        elif body is not None:
            options["json"] = body
        headers = {"Authorization": f"Bot {token}"}
        async with self.session.request(
            method, self.base + path, headers=headers, **options
        ) as response:
            is_json = response.content_type == "application/json"
            answer = await response.json() if is_json else await response.read()
            return Reply(response.status, answer, response.headers)

    async def post(self, **message: Any) -> Reply:
        """Post a message into the text channel."""
        return await self("POST", MESSAGES, message)

    async def callback(self, interaction: Any, kind: int, data: Any = None) -> Reply:
        """Answer an interaction first, as a bot would."""
        path = f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=true"
        return await self("POST", path, {"type": kind, "data": data})


def _gather(node: Any, path: tuple[str, ...], found: dict[str, str]) -> None:
    for key, value in node.items():
        if key == "_errors":
            found[".".join(path)] = value[0]["code"]
        else:
            _gather(value, (*path, key), found)

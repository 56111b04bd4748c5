"""Where discord.py connects to, and what its connection has to survive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
import structlog
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

SESSION_EVENTS: Final = frozenset({"READY", "RESUMED"})
"""Without these there is no session, so a failure of theirs must be seen."""


def connect_to(origin: str) -> None:
    """Send every call of discord.py, REST, gateway and CDN, to ``origin``.

    These are class attributes, since discord.py falls back to them on its own; the settings let
    nothing but a loopback origin come here.
    """
    url = URL(origin)
    Route.BASE = f"{url}/api/v10".replace("//api", "/api")
    DiscordWebSocket.DEFAULT_GATEWAY = url.with_scheme("ws") / "gateway"
    setattr(discord.Asset, "BASE", str(url).rstrip("/"))  # noqa: B010 - typed as a constant there


def survive_malformed_events(client: discord.Client) -> None:
    """Have discord.py drop an event that it cannot read, rather than end the whole bot.

    An exception in one of its parsers passes through the gateway's reader and closes the client.
    There is no public way around that; this table is where it looks its parsers up.
    """
    parsers = client._connection.parsers  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for name, parse in parsers.items():
        if name not in SESSION_EVENTS:
            parsers[name] = _surviving(name, parse)


def _surviving(name: str, parse: Callable[[Any], Any]) -> Callable[[Any], None]:
    def parse_or_drop(data: Any) -> None:
        try:
            parse(data)
        except Exception as error:  # noqa: BLE001 - whatever an unforeseen payload leads to
            log.warning("dropped an event that cannot be read", name=name, error=repr(error))

    return parse_or_drop

"""Points discord.py to another origin than Discord's: the stand-in on this machine."""

from __future__ import annotations

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL


def connect_to(origin: str) -> None:
    """Send every call of discord.py, REST, gateway and CDN, to ``origin``.

    These are class attributes, since discord.py falls back to them on its own; the settings let
    nothing but a loopback origin come here.
    """
    url = URL(origin)
    Route.BASE = f"{url}/api/v10".replace("//api", "/api")
    DiscordWebSocket.DEFAULT_GATEWAY = url.with_scheme("ws") / "gateway"
    setattr(discord.Asset, "BASE", str(url).rstrip("/"))  # noqa: B010 - typed as a constant there

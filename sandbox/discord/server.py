"""The stand-in for Discord as one server: REST, gateway, CDN, control API and the page."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Self

from aiohttp import web

from sandbox.discord import cdn, page, reactions
from sandbox.discord.commands import registry
from sandbox.discord.control.api import ControlApi
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import callbacks, webhooks
from sandbox.discord.rest import channels, people
from sandbox.discord.rest.pipeline import Observer, Pipeline
from sandbox.discord.settings import MIB
from sandbox.discord.world import World
from sandbox.loopback import loopback_only

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"
BODY_LIMIT = 512 * MIB
REST_ROUTES = (
    *people.ROUTES,
    *channels.ROUTES,
    *reactions.ROUTES,
    *registry.ROUTES,
    *callbacks.ROUTES,
    *webhooks.ROUTES,
)


class DiscordSandbox:
    """A running stand-in; use it as an async context manager.

    ``observer`` sees every REST exchange: method, path, request JSON, status, answer JSON.
    ``clock`` tells the time in seconds since 1970; ids, deadlines and links follow it.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        observer: Observer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._port = port
        self.world = World(clock)
        self.gateway = Gateway(self.world)
        pipeline = Pipeline(self.world, observer)
        app = web.Application(middlewares=[loopback_only], client_max_size=BODY_LIMIT)
        app.add_routes(
            [
                *pipeline.routes(REST_ROUTES),
                *cdn.routes(self.world),
                *ControlApi(self.world, self.gateway).routes(),
                *page.routes(),
                web.get("/gateway", self.gateway.handle),
                web.route("*", "/api/{path:.*}", pipeline.unknown),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    @property
    def url(self) -> str:
        """Return the server's address, ``http://127.0.0.1:PORT``."""
        return self.world.url

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.world.url = f"http://{HOST}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.world.faults.clear()
        await self.gateway.close()
        await self._runner.cleanup()


async def serve(port: int) -> None:
    """Serve until SIGINT or SIGTERM; print one JSON line with the address first."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with DiscordSandbox(port) as sandbox:
        sys.stdout.write(json.dumps({"url": sandbox.url}) + "\n")
        sys.stdout.flush()
        await stopped.wait()

"""The stand-in as a server: `async with RunComfySandbox() as sandbox`, or `serve()`."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from typing import Any, Self

from aiohttp import web

from sandbox.loopback import loopback_only

from . import api, control
from .faults import Fault
from .middleware import attend
from .pictures import PictureFetcher
from .state import STATE, State
from .studio import Studio

HOST = "127.0.0.1"
MAX_BODY_BYTES = 64 * 1024 * 1024  # a data URI's place is in the submit
SHUTDOWN_S = 1.0


class RunComfySandbox:
    """A local RunComfy Model API; port 0 picks a free one, settings as in the control API."""

    token = api.TOKEN

    def __init__(
        self, port: int = 0, discord_url: str | None = None, settings: dict[str, Any] | None = None
    ) -> None:
        self._port = port
        self._discord_url = discord_url
        self._first_settings = settings or {}

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            fetcher = await stack.enter_async_context(PictureFetcher(self._discord_url))
            studio = await stack.enter_async_context(Studio())
            self.state = State(fetcher, studio)
            stack.callback(self.state.clock.stop)
            stack.push_async_callback(self.state.farm.close)
            self.configure(**self._first_settings)
            runner = web.AppRunner(
                _application(self.state), access_log=None, shutdown_timeout=SHUTDOWN_S
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(self.state.closing.set)
            await web.TCPSite(runner, HOST, self._port).start()
            self.url = f"http://{HOST}:{runner.addresses[0][1]}"
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def configure(self, **settings: Any) -> None:
        """Change settings, as `POST /sandbox/settings` does."""
        self.state.configure(settings)

    def strike(self, route: str, status: int | str, **details: Any) -> Fault:
        """Put a fault in force, as `POST /sandbox/faults` does; it counts the calls it strikes."""
        fault = Fault.model_validate({"route": route, "status": status, **details})
        self.state.faults.add(fault)
        return fault


async def serve(port: int, discord_url: str | None = None) -> None:
    """Serve until SIGTERM or SIGINT; print one JSON line with the URL when listening."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with RunComfySandbox(port, discord_url) as sandbox:
        print(json.dumps({"url": sandbox.url}), flush=True)  # noqa: T201  the documented line
        await stop.wait()


def _application(state: State) -> web.Application:
    app = web.Application(middlewares=[loopback_only, attend], client_max_size=MAX_BODY_BYTES)
    app[STATE] = state
    api.add_routes(app)
    control.add_routes(app)
    return app

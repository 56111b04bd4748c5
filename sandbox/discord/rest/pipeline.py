"""What every REST call goes through: fault, token, limits, body, handler, headers, ledger."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord import faults
from sandbox.discord.errors import DiscordError, http_error
from sandbox.discord.ids import BOT_TOKEN
from sandbox.discord.ledger import Caller, Entry
from sandbox.discord.ratelimits import Limit, RateLimits
from sandbox.discord.rest import bodies
from sandbox.discord.rest.call import Answer, Call

if TYPE_CHECKING:
    from sandbox.discord.faults import Fault
    from sandbox.discord.rest.call import Route
    from sandbox.discord.world import World

PREFIX = "/api/v10"
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
UNKNOWN = Limit("unknown", 10, 1.0)

# method, path below the prefix, request JSON, status, answer JSON
Observer = Callable[[str, str, Any, int, Any], None]


class Pipeline:
    """Serves REST calls by the route table."""

    def __init__(self, world: World, observer: Observer | None = None) -> None:
        self._world = world
        self._observer = observer
        self._limits = RateLimits(world)

    def routes(self, table: tuple[Route, ...]) -> list[web.RouteDef]:
        """Return the table as aiohttp routes."""
        return [
            web.route(route.method, PREFIX + route.template, self._endpoint(route))
            for route in table
        ]

    async def unknown(self, request: web.Request) -> web.Response:
        """Answer a path that does not exist, or a method it does not have."""
        path = request.path.removeprefix(PREFIX)
        entry = self._world.ledger.begin(request.method, path, path, Caller.BOT)
        error = http_error(404, "Not Found")
        answer = Answer(error.body, error.status)
        self._finish(entry, answer)
        self._observe(request, path, None, answer)
        return self._response(UNKNOWN, request, answer)

    def _endpoint(self, route: Route) -> Callable[[web.Request], Any]:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            return await self._serve(route, request)

        return endpoint

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        ledger = self._world.ledger
        entry = ledger.begin(request.method, route.template, path, route.who)
        call = Call(self._world, request.match_info, request.query)
        fault = self._world.faults.take(entry)
        refusal = None
        try:
            answer = await self._answer(route, request, call, fault)
        except faults.SeveredError as severed:
            ledger.end(entry, severed.how)
            faults.cut(request)
            return web.Response(status=SERVER_ERROR)
        except DiscordError as error:
            refusal = error
            answer = Answer(error.body, error.status)
            entry.shared = error.scope == "shared"
        self._finish(entry, answer)
        self._observe(request, path, call.body, answer)
        return self._response(route.bucket, request, answer, refusal)

    async def _answer(
        self, route: Route, request: web.Request, call: Call, fault: Fault | None
    ) -> Answer:
        if fault is not None and not fault.after_accept:
            await fault.wait()
            await self._world.faults.strike(fault)
        if route.who is Caller.BOT:
            self._authorize(request)
            self._limits.take_global()
        self._limits.take(route.bucket, call.params)
        settings = self._world.settings
        is_bot = route.who is Caller.BOT
        body = await bodies.read(
            request,
            file_limit=settings.bot_attachment_limit if is_bot else settings.attachment_limit,
            request_limit=settings.request_limit,
        )
        call.body, call.uploads = body.json, body.uploads
        answer = await route.handler(call)
        if fault is not None and fault.after_accept:
            await fault.wait()
            await self._world.faults.strike(fault)
        return answer

    def _authorize(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {BOT_TOKEN}":
            raise http_error(401, "Unauthorized")

    def _finish(self, entry: Entry, answer: Answer) -> None:
        is_error = answer.status >= 400  # noqa: PLR2004 - HTTP's error range
        self._world.ledger.end(entry, answer.status, answer.body["code"] if is_error else None)

    def _observe(self, request: web.Request, path: str, body: Any, answer: Answer) -> None:
        if self._observer is not None:
            self._observer(request.method, path, body, answer.status, answer.body)

    def _response(
        self,
        limit: Limit,
        request: web.Request,
        answer: Answer,
        refusal: DiscordError | None = None,
    ) -> web.Response:
        headers = self._limits.headers(limit, request.match_info)
        if refusal is None or refusal.via:
            headers["Via"] = "1.1 google"
        if refusal is not None and refusal.status == TOO_MANY_REQUESTS:
            headers |= _retry_headers(refusal)
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        # discord.py reads JSON only from exactly this content type, without a charset.
        headers["Content-Type"] = "application/json"
        body = json.dumps(answer.body).encode()
        return web.Response(status=answer.status, headers=headers, body=body)


def _retry_headers(refusal: DiscordError) -> dict[str, str]:
    headers = {
        "X-RateLimit-Scope": refusal.scope,
        "Retry-After": str(math.ceil(refusal.extra.get("retry_after", 0))),
    }
    if refusal.scope == "global":
        headers["X-RateLimit-Global"] = "true"
    return headers

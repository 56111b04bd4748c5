"""One HTTP exchange with the API: bounded in time and size, and honest about what was sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Self

import aiohttp

from hailuo.runcomfy.answers import JsonObject, parse_json
from hailuo.sizes import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yarl import URL

LARGEST_ANSWER = MIB
"""Bytes. A real answer has a few hundred."""

_POLL_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10, sock_read=30)
# The vendor's own client waits as long: a submit given up too early is a job nobody knows of.
_SUBMIT_TIMEOUT = aiohttp.ClientTimeout(total=110, sock_connect=10, sock_read=100)
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came; ``body`` is None where it holds no JSON object."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: JsonObject | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """An exchange that broke; ``sent`` is False only if provably no byte left this machine."""

    detail: str
    sent: bool


class Transport:
    """The connections to the API: pooled ones for reading, a fresh one for every POST.

    A pooled connection may be dead already, and a paid POST that dies on it cannot be told from
    one that arrived; a fresh one makes the line between the two observable.
    """

    def __init__(self, token: str) -> None:
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            # So that the cap counts the bytes that came.
            "Accept-Encoding": "identity",
        }
        self._pooled: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._pooled = _session(aiohttp.TCPConnector(limit=64, keepalive_timeout=30))
        self._fresh = _session(aiohttp.TCPConnector(limit=64, force_close=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in (self._pooled, self._fresh):
            if session is not None:
                await session.close()
        self._pooled = self._fresh = None

    async def get(self, url: URL) -> Answer | NoAnswer:
        """Read ``url``."""
        return await self._exchange(self._pooled, "GET", url, None, _POLL_TIMEOUT)

    async def post(self, url: URL, body: Mapping[str, object] | None = None) -> Answer | NoAnswer:
        """Post ``body`` as JSON over a connection of its own."""
        limits = _POLL_TIMEOUT if body is None else _SUBMIT_TIMEOUT
        return await self._exchange(self._fresh, "POST", url, body, limits)

    async def _exchange(
        self,
        session: aiohttp.ClientSession | None,
        method: str,
        url: URL,
        body: Mapping[str, object] | None,
        limits: aiohttp.ClientTimeout,
    ) -> Answer | NoAnswer:
        if session is None:
            raise RuntimeError("the client is used outside its `async with` block")
        line = SimpleNamespace(crossed=False)
        try:
            async with session.request(
                method,
                url,
                json=body,
                headers=self._headers,
                timeout=limits,
                # A 307 would make aiohttp send the paid body a second time.
                allow_redirects=False,
                trace_request_ctx=line,
            ) as response:
                raw = await _read(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # OSError includes TimeoutError. The error itself is not kept: aiohttp's may hold the
            # request's headers, and with them the token.
            detail = f"{type(error).__name__}: {error}"
        else:
            # A body over the cap counts as one that cannot be read.
            parsed = None if raw is None else parse_json(raw)
            return Answer(response.status, response.headers, parsed)
        return NoAnswer(detail, sent=bool(line.crossed))


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        trace_configs=[_watch_the_line()],
    )


def _watch_the_line() -> aiohttp.TraceConfig:
    """Return a tracer that notes, per request, when the first byte is about to leave."""

    async def cross(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _params: aiohttp.TraceRequestHeadersSentParams,
    ) -> None:
        context.trace_request_ctx.crossed = True

    tracer = aiohttp.TraceConfig()
    tracer.on_request_headers_sent.append(cross)
    return tracer


async def _read(response: aiohttp.ClientResponse) -> bytes | None:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            return None
    return bytes(body)

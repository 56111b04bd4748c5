"""How each kind of fault answers a call."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from .errors import BY_NUMBER, error_body
from .faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FILE = web.RequestKey("FILE", Path)  # the file behind the real answer, where there is one
CHUNK = 1 << 16
SLOW_PIECES = 20

HTML_PAGE = """<!DOCTYPE html>
<html><head><title>Bad gateway</title></head>
<body><h1>Bad gateway</h1><p>The edge could not reach the origin.</p></body></html>
"""


@dataclass(frozen=True, slots=True)
class Strike:
    """One call that a fault strikes; `real` is the honest answer where the fault needs one."""

    request: web.Request
    fault: Fault
    real: web.StreamResponse | None
    closing: asyncio.Event

    async def answer(self) -> web.StreamResponse:
        """Answer as the fault says."""
        await self.pause(self.fault.delay_s)
        if isinstance(self.fault.status, Kind):
            return await _ANSWERS[self.fault.status](self)
        return _with_status(self)

    @property
    def content_type(self) -> str:
        """The type that the honest answer has."""
        return "video/mp4" if self.request.path.startswith("/files/") else "application/json"

    async def body(self) -> bytes:
        """Read the honest answer's body."""
        if path := self.request.get(FILE):
            return await asyncio.to_thread(path.read_bytes)
        body = self.real.body if isinstance(self.real, web.Response) else b""
        return body if isinstance(body, bytes) else b""

    async def stream(self, length: int | None) -> web.StreamResponse:
        """Send the headers; without a length the body is chunked."""
        response = web.StreamResponse()
        response.content_type = self.content_type
        response.content_length = length
        if length is None:
            response.enable_chunked_encoding()
        await response.prepare(self.request)
        return response

    async def pause(self, seconds: float) -> None:
        """Wait, unless the stand-in closes first."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return


def _with_status(strike: Strike) -> web.Response:
    """Answer with a status and: the fault's body, or the real one edited, or an error."""
    fault = strike.fault
    retry_after = fault.retry_after_header()
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    status = int(fault.status)
    if isinstance(fault.body, str):
        return web.Response(
            status=status, text=fault.body, content_type="application/json", headers=headers
        )
    if fault.body is not None:
        return web.json_response(fault.body, status=status, headers=headers)
    if fault.rewrites_answer:
        text = strike.real.text if isinstance(strike.real, web.Response) else None
        body = json.loads(text or "{}")
        kept = {key: value for key, value in body.items() if key not in fault.omit}
        return web.json_response(kept, status=status, headers=headers)
    known = BY_NUMBER.get(fault.code or 0)
    message = fault.message or (known.message if known else f"Injected error {status}.")
    return web.json_response(error_body(fault.code, message), status=status, headers=headers)


async def _drop(strike: Strike) -> web.StreamResponse:
    if strike.request.transport is not None:
        strike.request.transport.abort()
    return web.Response()  # goes nowhere: the connection is gone


async def _hang(strike: Strike) -> web.StreamResponse:
    await strike.closing.wait()
    return await _drop(strike)


async def _html(strike: Strike) -> web.StreamResponse:
    return web.Response(status=strike.fault.http, text=HTML_PAGE, content_type="text/html")


async def _redirect(strike: Strike) -> web.StreamResponse:
    elsewhere = strike.request.url.origin() / "sandbox/elsewhere"
    return web.Response(status=307, headers={"Location": strike.fault.location or str(elsewhere)})


async def _empty(strike: Strike) -> web.StreamResponse:
    return web.Response(content_type=strike.content_type)


async def _garbage(strike: Strike) -> web.StreamResponse:
    noise = random.Random(strike.fault.struck).randbytes(CHUNK)
    return web.Response(body=noise, content_type=strike.content_type)


async def _wrong_type(strike: Strike) -> web.StreamResponse:
    return web.Response(body=await strike.body(), content_type="text/plain")


async def _truncate(strike: Strike) -> web.StreamResponse:
    body = await strike.body()
    response = await strike.stream(len(body))
    await response.write(body[: len(body) // 2])
    # Closed, not aborted: what was written must still reach the client.
    if strike.request.transport is not None:
        strike.request.transport.close()
    return response


async def _slow(strike: Strike) -> web.StreamResponse:
    body = await strike.body()
    response = await strike.stream(len(body))
    size = max(1, -(-len(body) // SLOW_PIECES))
    for start in range(0, len(body), size):
        await strike.pause(strike.fault.seconds / SLOW_PIECES)
        await response.write(body[start : start + size])
    return response


async def _oversized(strike: Strike) -> web.StreamResponse:
    body = await strike.body()
    response = await strike.stream(None)
    await response.write(body)
    for start in range(len(body), strike.fault.bytes, CHUNK):
        await response.write(bytes(min(CHUNK, strike.fault.bytes - start)))
    return response


_ANSWERS: dict[Kind, Callable[[Strike], Awaitable[web.StreamResponse]]] = {
    Kind.DROP: _drop,
    Kind.HANG: _hang,
    Kind.HTML: _html,
    Kind.REDIRECT: _redirect,
    Kind.TRUNCATE: _truncate,
    Kind.SLOW: _slow,
    Kind.EMPTY: _empty,
    Kind.GARBAGE: _garbage,
    Kind.WRONG_TYPE: _wrong_type,
    Kind.OVERSIZED: _oversized,
}

"""A raw HTTP server that does exactly what a script says, byte by byte, and notes what it got."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True)
class Reply:
    """What happens to one request: these bytes are sent, then the connection goes on or ends."""

    raw: bytes = b""
    end: str = "keep"  # keep | close | reset | hang


def reply(
    status: int = 200,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    end: str = "keep",
) -> Reply:
    """Return a well-formed answer; a ``bytes`` body goes as it is, anything else as JSON."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(payload))}
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Reply(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + payload, end)


Step: TypeAlias = "Reply | Callable[[Request], Reply]"


class ScriptedServer:
    """Answers each request with the next step of the script, the last one for ever."""

    def __init__(self, script: Sequence[Step] = ()) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.arrived = asyncio.Event()
        self.connections = 0
        self.port = 0

    @property
    def script(self) -> Sequence[Step]:
        """Return the steps still to come."""
        return self._steps

    @script.setter
    def script(self, steps: Sequence[Step]) -> None:
        self._steps = list(steps)

    @property
    def url(self) -> str:
        """Return the origin."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._open: set[asyncio.StreamWriter] = set()
        self._released = asyncio.Event()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._released.set()
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        self._open.add(writer)
        try:
            while (request := await self._read(reader, connection)) is not None:
                self.requests.append(request)
                self.arrived.set()
                step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
                answer = step if isinstance(step, Reply) else step(request)
                writer.write(answer.raw)
                await writer.drain()
                if answer.end == "hang":
                    await self._released.wait()
                if answer.end == "reset":
                    linger = struct.pack("ii", 1, 0)
                    sock = writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if answer.end != "keep":
                    break
        except ConnectionError:
            pass  # the client went away, as clients may
        finally:
            self._open.discard(writer)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader, connection: int) -> Request | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.strip().split("\r\n")
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ", 2)
        return Request(method, target, headers, body, connection)

"""One child's pipes: requests go out, each answer resolves a future."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from hailuo.children import frames
from hailuo.children.errors import ChildDiedError, ChildGarbledError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Conversation(asyncio.SubprocessProtocol):
    """Speak with one child, one message at a time.

    A protocol and not streams: a stream that is full keeps its process from being reaped, and a
    child that talks without end is a case we must survive.
    """

    def __init__(self) -> None:
        self.hung_up = False
        self.over = asyncio.Event()
        self._transport: asyncio.SubprocessTransport | None = None
        self._heard = bytearray()
        self._answer: asyncio.Future[frames.Message] | None = None

    def say(self, message: Mapping[str, object]) -> None:
        """Send one message; a child that is gone is noticed by `hear`."""
        assert self._transport is not None  # noqa: S101 - set when the process started
        pipe = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
        pipe.write(frames.pack(message))

    async def hear(self) -> frames.Message:
        """Wait for the child's next message; raise `ChildDiedError` or `ChildGarbledError`."""
        self._answer = asyncio.get_running_loop().create_future()
        self._read()
        if self.over.is_set():
            self._fail(ChildDiedError(self._last_words()))
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; asyncio calls this first."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - stdout alone is piped
        """Collect what the child says."""
        self._heard += data
        self._read()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - any
        """Note a closed pipe: the first sign of a child's end, before its exit code is known."""
        self.hung_up = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the code says it
        """Note that the child has ended and its pipes are closed."""
        self.over.set()
        self._fail(ChildDiedError(self._last_words()))

    def _read(self) -> None:
        """Resolve the answer that is waited for, once it is complete."""
        if self._answer is None or self._answer.done() or len(self._heard) < frames.HEADER_SIZE:
            return
        try:
            end = frames.HEADER_SIZE + frames.body_size(bytes(self._heard[: frames.HEADER_SIZE]))
            if len(self._heard) >= end:
                self._answer.set_result(frames.unpack(bytes(self._heard[frames.HEADER_SIZE : end])))
                del self._heard[:end]
        except ChildGarbledError as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _last_words(self) -> str:
        assert self._transport is not None  # noqa: S101 - set when the process started
        return f"ended with code {self._transport.get_returncode()}"

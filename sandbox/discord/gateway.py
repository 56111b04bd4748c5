"""The gateway: one websocket per shard (docs: events/gateway)."""

from __future__ import annotations

import asyncio
import json
import zlib
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from sandbox.discord import payloads
from sandbox.discord.events import KNOWN_INTENTS, PRIVILEGED_INTENTS, Intent
from sandbox.discord.ids import APPLICATION_ID, BOT_TOKEN
from sandbox.discord.sessions import Session

if TYPE_CHECKING:
    from sandbox.discord.events import Event
    from sandbox.discord.world import World

MISSED_HEARTBEATS = 1.5
MAX_FRAME = 16 * 1024
CLOSE_PATIENCE_S = 1.0


class Op(IntEnum):
    """What a frame is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    """Why the gateway ends a connection."""

    GOING_AWAY = 1001
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Gateway:
    """All sessions of the bot, and the switches a test may turn."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.is_down = False
        self.acknowledges = True
        world.listen(self._deliver)

    @property
    def is_connected(self) -> bool:
        """Tell whether every shard of some client has a live session."""
        live = [item for item in self.sessions.values() if item.connection is not None]
        counts = {session.shard[1] for session in live}
        return any(
            {number for number, total in (item.shard for item in live) if total == count}
            == set(range(count))
            for count in counts
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket connection until it ends."""
        if self.is_down:
            return web.Response(status=503, text="upstream connect error")
        websocket = web.WebSocketResponse(max_msg_size=MAX_FRAME, timeout=CLOSE_PATIENCE_S)
        await websocket.prepare(request)
        compress = request.query.get("compress") == "zlib-stream"
        socket = Socket(self, request, websocket, compress=compress)
        self.sockets.add(socket)
        try:
            await socket.serve()
        finally:
            self.sockets.discard(socket)
            self.world.touch()
        return websocket

    def forget(self, session: Session) -> None:
        """End a session for good; it cannot be resumed."""
        self.sessions.pop(session.id, None)

    async def close(self) -> None:
        """End every connection with 'going away'."""
        await asyncio.gather(*(socket.close(Close.GOING_AWAY) for socket in self.sockets))

    def _deliver(self, event: Event) -> None:
        now = self.world.clock()
        for session in list(self.sessions.values()):
            if session.is_stale(now):
                self.forget(session)
            else:
                session.offer(event)


class Socket:
    """One websocket: reads the client's frames, writes ours in order."""

    def __init__(
        self,
        gateway: Gateway,
        request: web.Request,
        websocket: web.WebSocketResponse,
        *,
        compress: bool,
    ) -> None:
        self.gateway = gateway
        self.session: Session | None = None
        self._request = request
        self._websocket = websocket
        self._deflate = zlib.compressobj() if compress else None
        self._outbox: asyncio.Queue[str] = asyncio.Queue()

    def send(self, frame: str) -> None:
        """Queue a frame; frames leave in this order."""
        self._outbox.put_nowait(frame)

    def send_op(self, op: Op, data: Any = None) -> None:
        """Queue a frame that is no event."""
        self.send(json.dumps({"op": int(op), "t": None, "s": None, "d": data}))

    async def close(self, code: int) -> None:
        """End the connection with a close code."""
        await self._websocket.close(code=code)

    def drop(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()

    async def serve(self) -> None:
        """Greet, then answer frames until the connection ends."""
        writer = asyncio.create_task(self._write(), name="sandbox gateway writer")
        try:
            interval_ms = self.gateway.world.settings.heartbeat_interval_ms
            self.send_op(Op.HELLO, {"heartbeat_interval": interval_ms, "_trace": []})
            await self._read(interval_ms / 1000 * MISSED_HEARTBEATS)
        finally:
            writer.cancel()
            await asyncio.wait([writer])
            self._leave()

    async def _write(self) -> None:
        while True:
            frame = await self._outbox.get()
            try:
                if self._deflate is None:
                    await self._websocket.send_str(frame)
                else:
                    data = self._deflate.compress(frame.encode())
                    await self._websocket.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))
            except (ConnectionError, RuntimeError):
                return

    async def _read(self, patience_s: float) -> None:
        while not self._websocket.closed:
            try:
                message = await self._websocket.receive(timeout=patience_s)
            except TimeoutError:
                await self.close(Close.SESSION_TIMED_OUT)
                return
            if message.type is not WSMsgType.TEXT:
                return
            try:
                frame = json.loads(message.data)
                op = Op(frame["op"])
            except (json.JSONDecodeError, KeyError, TypeError):
                await self.close(Close.DECODE_ERROR)
            except ValueError:
                await self.close(Close.UNKNOWN_OPCODE)
            else:
                await self._answer(op, frame.get("d"))

    async def _answer(self, op: Op, data: Any) -> None:
        if op is Op.HEARTBEAT:
            if self.gateway.acknowledges:
                self.send_op(Op.HEARTBEAT_ACK)
        elif op is Op.IDENTIFY:
            await self._identify(data)
        elif op is Op.RESUME:
            await self._resume(data)
        elif self.session is None:
            await self.close(Close.NOT_AUTHENTICATED)
        elif op is Op.REQUEST_MEMBERS:
            self._send_members(self.session, data)

    async def _identify(self, data: dict[str, Any]) -> None:
        intents = data.get("intents")
        number, count = data.get("shard", (0, 1))
        allowed = self.gateway.world.settings.privileged_intents
        if self.session is not None:
            await self.close(Close.ALREADY_AUTHENTICATED)
        elif data.get("token") != BOT_TOKEN:
            await self.close(Close.AUTHENTICATION_FAILED)
        elif not 0 <= number < count:
            await self.close(Close.INVALID_SHARD)
        elif not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            await self.close(Close.INVALID_INTENTS)
        elif intents & PRIVILEGED_INTENTS and not allowed:
            await self.close(Close.DISALLOWED_INTENTS)
        else:
            self._start(Session((number, count), intents))

    def _start(self, session: Session) -> None:
        world = self.gateway.world
        self.session = session
        session.connection = self
        self.gateway.sessions[session.id] = session
        in_this_shard = (
            world.bot_in_guild and _shard_of(world.guild.id, session) == session.shard[0]
        )
        stub = {"id": str(world.guild.id), "unavailable": True}
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": payloads.own_user(world.bot),
                "guilds": [stub] if in_this_shard else [],
                "session_id": session.id,
                "resume_gateway_url": gateway_url(world),
                "shard": list(session.shard),
                "application": {"id": str(APPLICATION_ID), "flags": 0},
                "private_channels": [],
            },
        )
        if in_this_shard:
            session.dispatch("GUILD_CREATE", payloads.guild_create(world))
        world.touch()

    async def _resume(self, data: dict[str, Any]) -> None:
        if data.get("token") != BOT_TOKEN:
            await self.close(Close.AUTHENTICATION_FAILED)
            return
        session = self.gateway.sessions.get(data.get("session_id", ""))
        sequence = data.get("seq")
        if (
            session is None
            or not isinstance(sequence, int)
            or not session.can_resume_from(sequence)
        ):
            self.send_op(Op.INVALID_SESSION, data=False)
            return
        self.session = session
        session.resume(self, sequence)
        self.gateway.world.touch()

    def _send_members(self, session: Session, data: dict[str, Any]) -> None:
        """Answer with one chunk: the people asked for, or all with the members intent."""
        guild = self.gateway.world.guild
        wanted = data.get("user_ids")
        ids = {str(user_id) for user_id in (wanted if isinstance(wanted, list) else [wanted])}
        if wanted is None and not session.intents & Intent.GUILD_MEMBERS:
            return
        people = [
            item for item in guild.members.values() if wanted is None or str(item.user.id) in ids
        ]
        chunk = {
            "guild_id": str(guild.id),
            "members": [payloads.member(item) for item in people],
            "chunk_index": 0,
            "chunk_count": 1,
            "nonce": data.get("nonce"),
        }
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    def _leave(self) -> None:
        session = self.session
        if session is None or session.connection is not self:
            return
        session.connection = None
        session.disconnected_at = self.gateway.world.clock()
        # docs: events/gateway, a client that closes with 1000 or 1001 gives its session up.
        if self._websocket.close_code in (1000, 1001):
            self.gateway.forget(session)


def gateway_url(world: World) -> str:
    """Return the address clients connect to."""
    return world.url.replace("http", "ws", 1) + "/gateway"


def _shard_of(guild_id: int, session: Session) -> int:
    return (guild_id >> 22) % session.shard[1]

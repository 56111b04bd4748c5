"""What the gateway does to discord.py: sessions, resumes, intents, shards, cuts."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from contract_bot import INTENTS, PATIENCE_S, ContractBot, point_at, running

from sandbox.discord import ids
from sandbox.discord.ids import BOT_TOKEN

if TYPE_CHECKING:
    from sandbox.discord.control.client import ControlClient
    from sandbox.discord.server import DiscordSandbox

GATEWAY = "/gateway"


async def test_login_registers_commands_and_sees_the_guild(
    bot: ContractBot, person: ControlClient
) -> None:
    """The bot is in, with exactly the permissions its invite asks for."""
    world = await person.get("/world")
    assert world["connected"]
    assert world["sessions"] == [{"shard": [0, 1], "intents": INTENTS.value}]
    assert {command["name"] for command in world["commands"]} == {
        "animate",
        "pick",
        "admin",
        "Inspect it",
    }
    guild = bot.get_guild(ids.GUILD_ID)
    assert guild is not None
    wanted = discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        attach_files=True,
        embed_links=True,
        read_message_history=True,
        add_reactions=True,
    )
    assert guild.me.guild_permissions == wanted
    assert guild.get_thread(ids.THREAD_ID) is not None
    hidden = guild.get_channel(ids.HIDDEN_CHANNEL_ID)
    assert hidden is not None
    assert not hidden.permissions_for(guild.me).view_channel


async def test_raw_reactions_carry_author_and_member(
    bot: ContractBot, person: ControlClient
) -> None:
    """A reaction in a guild names the message's author and brings the member."""
    message = await person.say("alice", "hi")
    await person.react("mod", message, "❌")
    event = await bot.next_event("reaction_add")
    assert (event.user_id, event.message_id) == (ids.MOD_ID, int(message))
    assert (event.message_author_id, event.guild_id) == (ids.ALICE_ID, ids.GUILD_ID)
    assert event.member.id == ids.MOD_ID
    await person.unreact("mod", message, "❌")
    assert (await bot.next_event("reaction_remove")).user_id == ids.MOD_ID


async def test_reaction_in_a_dm_has_no_member(bot: ContractBot, person: ControlClient) -> None:
    """A direct conversation's reaction comes by its own intent, without guild and member."""
    message = await person.say("alice", "hi", channel="dm")
    await person.react("alice", message, "👍")
    event = await bot.next_event("reaction_add")
    assert (event.guild_id, event.member, event.channel_id) == (None, None, ids.DM_ID)


@pytest.mark.parametrize("action", ["drop", "reconnect", "invalidate"])
async def test_resume_replays_what_was_missed(
    bot: ContractBot, person: ControlClient, action: str
) -> None:
    """After a cut, op 7 or a resumable op 9 the missed reaction comes with the resume."""
    message = await person.say("alice", "hi")
    await person.post("/gateway", action=action, resumable=True)
    await person.react("alice", message, "❌")
    assert (await bot.next_event("reaction_add")).user_id == ids.ALICE_ID
    assert await bot.next_event("resumed") == 0


async def test_lost_session_starts_anew_and_what_was_between_is_lost(
    bot: ContractBot, person: ControlClient
) -> None:
    """Op 9 false ends the session: a new READY, no replay."""
    message = await person.say("alice", "hi")
    await person.post("/gateway", action="invalidate")
    await person.react("alice", message, "❌")
    await bot.next_event("ready")
    assert bot.seen.empty()
    await person.react("bob", message, "❌")
    assert (await bot.next_event("reaction_add")).user_id == ids.BOB_ID


async def test_malformed_event_ends_the_bot(
    sandbox: DiscordSandbox, person: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py does not survive an event without its fields."""
    point_at(sandbox.url, monkeypatch)
    client = ContractBot()

    async def disturb() -> None:
        await client.next_event("ready")
        await person.post("/gateway", action="malformed")

    with pytest.raises(KeyError):
        async with client:
            await asyncio.gather(client.start(BOT_TOKEN), disturb())


async def test_wrong_token_is_refused(
    sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other token gets 401 and counts as an invalid request."""
    point_at(sandbox.url, monkeypatch)
    async with ContractBot() as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
    assert sandbox.world.ledger.invalid_requests == 1


async def test_privileged_intents_are_refused(
    sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4014 as long as the application does not have them."""
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(sandbox.url, monkeypatch, intents=discord.Intents.all()):
            pass


async def test_message_content_is_blank_without_its_intent(
    sandbox: DiscordSandbox, person: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other people's words come only when the bot is mentioned, in a DM, or with the intent."""
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    async with running(sandbox.url, monkeypatch, intents=intents) as bot:
        await person.say("alice", "secret")
        assert (await bot.next_event("message")).content == ""
        await person.say("alice", f"<@{ids.BOT_ID}> pause")
        assert (await bot.next_event("message")).content == f"<@{ids.BOT_ID}> pause"
        await person.say("alice", "private", channel="dm")
        assert (await bot.next_event("message")).content == "private"
        await person.post("/settings", privileged_intents=True)
    intents.message_content = True
    async with running(sandbox.url, monkeypatch, intents=intents) as bot:
        await person.say("alice", "secret")
        assert (await bot.next_event("message")).content == "secret"


async def test_bot_waits_while_the_gateway_is_down_at_start(
    sandbox: DiscordSandbox, person: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sharded client keeps trying until the gateway is there."""
    await person.post("/gateway", down=True)
    point_at(sandbox.url, monkeypatch)
    async with aiohttp.ClientSession(sandbox.url) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(GATEWAY)
        await person.post("/gateway", down=False)
        async with session.ws_connect(GATEWAY) as socket:
            assert (await socket.receive_json())["op"] == 10


async def test_each_shard_gets_its_own(
    sandbox: DiscordSandbox, person: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two shards the guild lives in one, direct messages in shard 0."""
    await person.post("/settings", shards=2)
    async with running(sandbox.url, monkeypatch) as bot:
        world = await person.get("/world")
        assert sorted(session["shard"] for session in world["sessions"]) == [[0, 2], [1, 2]]
        assert world["connected"]
        message = await person.say("alice", "hi", channel="dm")
        await person.react("alice", message, "❌")
        await bot.next_event("reaction_add")
        guild = bot.get_guild(ids.GUILD_ID)
        assert guild is not None
        assert guild.shard_id == (ids.GUILD_ID >> 22) % 2


class Socket:
    """A client of the gateway that speaks for itself."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, op: int, data: Any) -> None:
        """Send a frame."""
        await self._socket.send_json({"op": op, "d": data})

    async def next(self, op: int) -> Any:
        """Return the next frame of an op code."""
        while True:
            frame = await self._socket.receive_json(timeout=PATIENCE_S)
            if frame["op"] == op:
                return frame

    async def closed(self) -> int | None:
        """Return the close code."""
        while not self._socket.closed:
            await self._socket.receive(timeout=PATIENCE_S)
        return self._socket.close_code


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong", "intents": 1}, 4004),
        ({"token": BOT_TOKEN, "intents": 1 << 30}, 4013),
        ({"token": BOT_TOKEN}, 4013),
        ({"token": BOT_TOKEN, "intents": 1 << 15}, 4014),
        ({"token": BOT_TOKEN, "intents": 1, "shard": [2, 2]}, 4010),
    ],
)
async def test_identify_is_checked(
    sandbox: DiscordSandbox, identify: dict[str, Any], code: int
) -> None:
    """A wrong IDENTIFY ends the connection with its close code."""
    async with aiohttp.ClientSession(sandbox.url) as session, session.ws_connect(GATEWAY) as raw:
        socket = Socket(raw)
        await socket.next(10)
        await socket.send(2, identify)
        assert await socket.closed() == code


async def test_heartbeats_are_acknowledged_until_a_test_stops_that(
    sandbox: DiscordSandbox, person: ControlClient
) -> None:
    """Op 1 gets op 11; without acknowledgements a client would notice a dead connection."""
    async with aiohttp.ClientSession(sandbox.url) as session, session.ws_connect(GATEWAY) as raw:
        socket = Socket(raw)
        await socket.send(1, None)
        await socket.next(11)
        await person.post("/gateway", acks=False)
        await socket.send(1, None)
        await socket.send(2, {"token": BOT_TOKEN, "intents": 1})
        assert (await raw.receive_json(timeout=PATIENCE_S))["t"] == "READY"


async def test_members_are_sent_on_request(sandbox: DiscordSandbox, person: ControlClient) -> None:
    """Named members always, all of them only with the members intent; presence is taken."""
    await person.post("/settings", privileged_intents=True)
    guild = str(ids.GUILD_ID)
    async with aiohttp.ClientSession(sandbox.url) as session:
        for intents, count in ((1, 1), (3, 5)):
            async with session.ws_connect(GATEWAY) as raw:
                socket = Socket(raw)
                await socket.send(2, {"token": BOT_TOKEN, "intents": intents})
                await socket.send(3, {"status": "online"})
                await socket.send(8, {"guild_id": guild, "query": "", "limit": 0})
                await socket.send(8, {"guild_id": guild, "user_ids": str(ids.BOB_ID)})
                names = [(await socket.next(0))["t"] for _ in range(2)]
                assert names == ["READY", "GUILD_CREATE"]
                assert len((await socket.next(0))["d"]["members"]) == count


async def test_resume_of_an_unknown_session_is_refused(sandbox: DiscordSandbox) -> None:
    """Op 6 with a strange session gets op 9 false."""
    async with aiohttp.ClientSession(sandbox.url) as session, session.ws_connect(GATEWAY) as raw:
        socket = Socket(raw)
        await socket.send(6, {"token": BOT_TOKEN, "session_id": "gone", "seq": 1})
        assert (await socket.next(9))["d"] is False


async def test_closing_with_1000_gives_the_session_up(sandbox: DiscordSandbox) -> None:
    """A session that its client ended cannot be resumed; one that was cut can."""
    async with aiohttp.ClientSession(sandbox.url) as session:
        for code, op in ((1000, 9), (4000, 0)):
            async with session.ws_connect(GATEWAY) as raw:
                socket = Socket(raw)
                await socket.send(2, {"token": BOT_TOKEN, "intents": 1})
                ready = await socket.next(0)
                await raw.close(code=code)
            async with session.ws_connect(GATEWAY) as raw:
                socket = Socket(raw)
                resume = {"token": BOT_TOKEN, "session_id": ready["d"]["session_id"], "seq": 2}
                await socket.send(6, resume)
                await socket.next(10)
                assert (await raw.receive_json(timeout=PATIENCE_S))["op"] == op


async def test_transport_compression_is_honoured(sandbox: DiscordSandbox) -> None:
    """With zlib-stream every frame is part of one deflate stream."""
    inflate = zlib.decompressobj()
    async with (
        aiohttp.ClientSession(sandbox.url) as session,
        session.ws_connect(f"{GATEWAY}?compress=zlib-stream") as raw,
    ):
        data = await raw.receive_bytes(timeout=PATIENCE_S)
        assert data.endswith(b"\x00\x00\xff\xff")
        assert json.loads(inflate.decompress(data))["op"] == 10


async def test_silent_client_is_timed_out(sandbox: DiscordSandbox, person: ControlClient) -> None:
    """A client that sends nothing for one and a half heartbeats is let go."""
    await person.post("/settings", heartbeat_interval_ms=50)
    async with aiohttp.ClientSession(sandbox.url) as session, session.ws_connect(GATEWAY) as raw:
        assert await Socket(raw).closed() == 4009


async def test_kicked_bot_learns_it_and_may_do_nothing(
    bot: ContractBot, person: ControlClient
) -> None:
    """A kick takes the guild away from the gateway and from REST; an invite brings it back."""
    await person.post("/guild", action="kick_bot")
    await bot.next_event("guild_remove")
    with pytest.raises(discord.NotFound) as gone:
        await bot.fetch_guild(ids.GUILD_ID)
    assert gone.value.code == 10004
    with pytest.raises(discord.Forbidden) as refused:
        await bot.get_partial_messageable(ids.TEXT_CHANNEL_ID).send("hi")
    assert refused.value.code == 50001
    await person.post("/guild", action="invite_bot")
    assert await bot.get_partial_messageable(ids.TEXT_CHANNEL_ID).send("hi")


async def test_deleted_channel_is_announced_and_gone(
    bot: ContractBot, person: ControlClient
) -> None:
    """A channel's end reaches the client; its routes know it no more."""
    await person.post(f"/channels/{ids.TEXT_CHANNEL_ID}", action="delete")
    assert (await bot.next_event("channel_delete")).id == ids.TEXT_CHANNEL_ID
    for channel_id in (ids.TEXT_CHANNEL_ID, ids.THREAD_ID):
        with pytest.raises(discord.NotFound) as gone:
            await bot.get_partial_messageable(channel_id).send("hi")
        assert gone.value.code == 10003

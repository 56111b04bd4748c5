"""Rate limits, upload limits and faults, as discord.py and a raw caller meet them."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from rest_caller import MESSAGES, RestCaller

from sandbox.discord.control.client import ControlClient, RefusedError
from sandbox.discord.ids import ALICE_ID, APPLICATION_ID, TEXT_CHANNEL_ID, THREAD_ID
from sandbox.discord.server import DiscordSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from contract_bot import ContractBot, Interaction

    from tests.openapi import Referee


class Clock:
    """A clock that a test moves."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
async def still(referee: Referee | None) -> AsyncIterator[tuple[DiscordSandbox, Clock]]:
    """Run a stand-in whose clock stands still."""
    clock = Clock()
    async with DiscordSandbox(observer=referee, clock=clock) as running:
        yield running, clock


@pytest.fixture
async def still_rest(still: tuple[DiscordSandbox, Clock]) -> AsyncIterator[RestCaller]:
    """Call it."""
    async with aiohttp.ClientSession() as session:
        yield RestCaller(session, still[0].url)


async def test_bucket_empties_and_fills_again(
    still: tuple[DiscordSandbox, Clock], still_rest: RestCaller
) -> None:
    """Five messages in five seconds per channel; the headers count, the sixth is 429."""
    sandbox, clock = still
    for left in (4, 3, 2, 1, 0):
        made = await still_rest.post(content="x")
        assert made.headers["X-RateLimit-Remaining"] == str(left)
        assert made.headers["X-RateLimit-Limit"] == "5"
        assert made.headers["Content-Type"] == "application/json"
    refused = await still_rest.post(content="x")
    assert refused.status == 429
    assert (refused.body["retry_after"], refused.body["global"]) == (5.0, False)
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert refused.headers["Via"]
    other = await still_rest("POST", f"/channels/{THREAD_ID}/messages", {"content": "x"})
    assert other.status == 200
    assert other.headers["X-RateLimit-Bucket"] == made.headers["X-RateLimit-Bucket"]
    clock.now += 5
    assert (await still_rest.post(content="x")).status == 200
    assert sandbox.world.ledger.invalid_requests == 1


async def test_whole_bot_has_fifty_a_second(
    still: tuple[DiscordSandbox, Clock], still_rest: RestCaller
) -> None:
    """The fifty-first bot-token call of a second is a global 429; token routes are outside."""
    sandbox, _ = still
    for number in range(50):
        await still_rest("GET", f"/users/{number}")
    refused = await still_rest("GET", "/users/@me")
    assert (refused.status, refused.body["global"]) == (429, True)
    assert refused.headers["X-RateLimit-Scope"] == "global"
    assert refused.headers["X-RateLimit-Global"] == "true"
    outside = await still_rest("POST", "/webhooks/1/token", {"content": "x"})
    assert outside.status == 404
    sandbox.world.settings.rate_limits = False
    assert (await still_rest("GET", "/users/@me")).status == 200


async def test_old_messages_have_a_small_edit_quota(
    still: tuple[DiscordSandbox, Clock], still_rest: RestCaller
) -> None:
    """After an hour a few edits are left, then 429 with code 30046."""
    sandbox, clock = still
    sandbox.world.settings.rate_limits = False
    made = (await still_rest.post(content="x")).body
    path = f"{MESSAGES}/{made['id']}"
    for _ in range(10):
        assert (await still_rest("PATCH", path, {"content": "y"})).status == 200
    clock.now += 3601
    for _ in range(3):
        assert (await still_rest("PATCH", path, {"content": "y"})).status == 200
    refused = await still_rest("PATCH", path, {"content": "y"})
    assert (refused.status, refused.code) == (429, 30046)
    clock.now += refused.body["retry_after"]
    assert (await still_rest("PATCH", path, {"content": "y"})).status == 200


async def test_library_waits_for_its_bucket(bot: ContractBot, person: ControlClient) -> None:
    """discord.py's own limiter engages: two reactions a quarter second apart, no 429."""
    message = await person.say("alice", "hi")
    target = bot.get_partial_messageable(TEXT_CHANNEL_ID).get_partial_message(int(message))
    await target.add_reaction("❌")
    await target.add_reaction("👍")
    statuses = {call["status"] for call in await person.calls("PUT */reactions/*")}
    assert statuses == {204}


async def test_library_obeys_a_429(bot: ContractBot, person: ControlClient) -> None:
    """A 429 with Via is waited out and repeated; without Via it is raised at once."""
    channel = bot.get_partial_messageable(TEXT_CHANNEL_ID)
    await person.fault("POST /channels/*/messages", 429, retry_after=0.05, scope="shared")
    assert (await channel.send("x")).content == "x"
    calls = await person.calls("POST /channels/*")
    assert [call["status"] for call in calls] == [429, 200]
    assert (await person.get("/world"))["invalid_requests"] == 0
    await person.fault("POST /channels/*/messages", 429, via=False)
    with pytest.raises(discord.HTTPException) as banned:
        await channel.send("y")
    assert banned.value.status == 429


@pytest.mark.parametrize(("status", "raised"), [(503, discord.DiscordServerError), (500, None)])
async def test_library_meets_server_errors(
    bot: ContractBot, person: ControlClient, status: int, raised: type[Exception] | None
) -> None:
    """503 is raised by bot-token routes, 500 is repeated after a second."""
    await person.fault("PATCH /channels/*", status)
    message = await bot.get_partial_messageable(TEXT_CHANNEL_ID).send("x")
    if raised is not None:
        with pytest.raises(raised):
            await message.edit(content="y")
    else:
        assert (await message.edit(content="y")).content == "y"


async def test_fault_after_the_effect(bot: ContractBot, person: ControlClient) -> None:
    """The message is there although its answer was lost; the same nonce finds it again."""
    channel = bot.get_partial_messageable(TEXT_CHANNEL_ID)
    await person.fault("POST /channels/*/messages", "drop", after_accept=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await channel.send("once", nonce="job-1")
    [there] = await person.messages("alice")
    assert (await channel.send("once", nonce="job-1")).id == int(there["id"])
    assert len(await person.messages("alice")) == 1


async def test_fault_before_the_effect(rest: RestCaller, person: ControlClient) -> None:
    """Dropped or refused calls leave nothing; faults strike as often as they say, then no more."""
    await person.fault(f"POST {MESSAGES}", 403, code=50013, times=2)
    for _ in range(2):
        refused = await rest.post(content="x")
        assert (refused.status, refused.code) == (403, 50013)
        assert refused.body["message"] == "Missing Permissions"
    await person.fault("POST /channels/*", "drop")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await rest.post(content="x")
    assert (await rest.post(content="x")).status == 200
    assert len(await person.messages("alice")) == 1
    calls = await person.calls("POST /channels/*")
    assert [call["status"] for call in calls] == [403, 403, "drop", 200]
    assert [call["code"] for call in calls] == [50013, 50013, None, None]


async def test_hanging_call_ends_when_the_faults_are_cleared(
    rest: RestCaller, person: ControlClient
) -> None:
    """A call that hangs gets no answer until somebody lets it go."""
    await person.fault("GET /users/@me", "hang", times=None)
    waiting = asyncio.create_task(rest("GET", "/users/@me"))
    await person.watch(lambda: person.calls("GET /users/@me"), until=bool)
    assert not waiting.done()
    assert (await person.get("/faults"))["faults"][0]["times"] is None
    await person.delete("/faults")
    # aiohttp repeats a GET once by itself when its connection breaks.
    assert (await waiting).status == 200
    assert [call["status"] for call in await person.calls("GET /users/@me")] == ["hang", 200]


async def test_late_call_succeeds_late(rest: RestCaller, person: ControlClient) -> None:
    """A fault without status only delays."""
    await person.fault("GET /users/@me", delay_s=0.05)
    assert (await rest("GET", "/users/@me")).status == 200


async def test_late_answer_comes_after_the_effect(rest: RestCaller, person: ControlClient) -> None:
    await person.fault(f"POST {MESSAGES}", delay_s=3, after_accept=True)
    posting = asyncio.create_task(rest.post(content="x"))
    await person.watch(lambda: person.messages("alice"), until=bool)
    assert not posting.done()
    assert (await posting).status == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"route": "nonsense", "status": 500},
        {"route": "GET /x", "status": 200},
        {"route": "GET /x", "status": "explode"},
        {"route": "GET /x", "status": 500, "scope": "mine"},
        {"route": "GET /x", "status": 500, "times": 0},
        {"route": "GET /x", "status": 500, "delay_s": "long"},
        {"route": "GET /x", "strange": 1},
        {"route": "GET /x", "status": 500, "code": [1]},
        {"route": "GET /x", "status": 500, "code": True},
        {"route": "GET /x", "status": 500, "message": 5},
        {"route": "GET /x", "status": 500, "after_accept": "yes"},
        {"route": "GET /x", "status": 500, "via": 0},
        {"route": "GET /x", "status": 500, "delay_s": -1},
        {"route": "GET /x", "status": 429, "retry_after": -1},
        {"route": "GET /x", "code": 5},
        {"route": "GET /x", "message": "no"},
        {"status": 500},
    ],
)
async def test_faults_that_cannot_be(person: ControlClient, fault: dict[str, Any]) -> None:
    """A wrong fault is 400 with its reason."""
    with pytest.raises(RefusedError):
        await person.post("/faults", **fault)
    assert (await person.get("/faults"))["faults"] == []


async def test_a_known_code_brings_its_status(rest: RestCaller, person: ControlClient) -> None:
    await person.fault("GET /users/@me", code=50001)
    answer = await rest("GET", "/users/@me")
    assert (answer.status, answer.body["code"]) == (403, 50001)


async def test_what_the_ledger_shows_is_a_route_that_strikes(
    rest: RestCaller, person: ControlClient
) -> None:
    """Route or path, the token that it does not show included."""
    calls = [
        ("GET", f"/users/{ALICE_ID}"),
        ("PATCH", f"/webhooks/{APPLICATION_ID}/secret-token/messages/@original"),
    ]
    for method, path in calls:
        await rest(method, path, None if method == "GET" else {"content": "x"})
    for call in await person.calls():
        for route in (call["route"], f"{call['method']} {call['path']}"):
            await person.fault(route, 503)
    for method, path in calls * 2:
        answer = await rest(method, path, None if method == "GET" else {"content": "x"})
        assert answer.status == 503
    assert (await person.get("/faults"))["faults"] == []


async def test_upload_limits(bot: ContractBot, person: ControlClient) -> None:
    """Per file: what the interaction promises by token, what the guild has by bot token."""
    await person.post("/settings", attachment_limit=3000, guild_attachment_limit=1000)

    def file(size: int) -> discord.File:
        return discord.File(io.BytesIO(b"x" * size), "video.mp4")

    async def act(interaction: Interaction, **_: Any) -> Any:
        await interaction.response.defer()
        assert interaction.filesize_limit == 3000
        await interaction.edit_original_response(attachments=[file(3000), file(3000)])
        with pytest.raises(discord.HTTPException) as refused:
            await interaction.edit_original_response(attachments=[file(3001)])
        return refused.value.status, refused.value.code

    trigger = person.command("alice", "animate", options={"prompt": "p"})
    assert await bot.does(act, trigger) == (413, 40005)
    channel = bot.get_partial_messageable(TEXT_CHANNEL_ID)
    assert (await channel.send(file=file(1000))).attachments[0].size == 1000
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send(file=file(1001))
    assert (refused.value.status, refused.value.code) == (413, 40005)


async def test_request_too_large_as_a_whole(rest: RestCaller) -> None:
    """25 MiB are the most for one request, however small its files."""
    files = tuple((f"{number}.bin", bytes(9 * 1024 * 1024)) for number in range(3))
    refused = await rest("POST", MESSAGES, {"content": "x"}, files=files)
    assert (refused.status, refused.code) == (413, 40005)


@pytest.mark.parametrize(
    "settings",
    [{"strange": 1}, {"rate_limits": 1}, {"attachment_limit": "big"}, {"shards": True}],
)
async def test_settings_that_cannot_be(person: ControlClient, settings: dict[str, Any]) -> None:
    """A wrong setting changes nothing."""
    before = await person.get("/settings")
    with pytest.raises(RefusedError):
        await person.post("/settings", **{"token_lifetime_s": 1.0, **settings})
    assert await person.get("/settings") == before

"""The control API itself: looking, waiting, and starting the stand-in as a program."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TYPE_CHECKING

import aiohttp
import pytest
from rest_caller import MESSAGES

from sandbox.discord import ids
from sandbox.discord.control.client import RefusedError, file
from tests.openapi import Referee, needs_spec

if TYPE_CHECKING:
    from rest_caller import RestCaller

    from sandbox.discord.control.client import ControlClient
    from sandbox.discord.server import DiscordSandbox


async def test_world_tells_all_ids(person: ControlClient) -> None:
    """The ids never change."""
    world = await person.get("/world")
    assert world["guild"] == str(ids.GUILD_ID)
    assert world["application"] == str(ids.APPLICATION_ID)
    assert world["channels"] == {
        "text": str(ids.TEXT_CHANNEL_ID),
        "thread": str(ids.THREAD_ID),
        "hidden": str(ids.HIDDEN_CHANNEL_ID),
        "dm": str(ids.DM_ID),
    }
    assert world["members"]["alice"] == str(ids.ALICE_ID)
    assert set(world["members"]) == {"bot", "alice", "bob", "mod", "owner"}
    assert (world["connected"], world["commands"]) == (False, [])


async def test_history_holds_every_version_with_its_time(
    rest: RestCaller, person: ControlClient
) -> None:
    """Edits add versions; reactions do not; the deleted are shown on demand."""
    made = (await rest.post(content="one")).body
    await rest("PATCH", f"{MESSAGES}/{made['id']}", {"content": "two"})
    await person.react("alice", made["id"], "❌")
    [message] = await person.messages("alice")
    assert [version["message"]["content"] for version in message["history"]] == ["one", "two"]
    times = [version["at"] for version in message["history"]]
    assert times == sorted(times)
    assert message["reactions"][0]["me"]
    await person.delete(f"/messages/{made['id']}")
    assert await person.messages("alice") == []
    [deleted] = await person.messages("alice", deleted="true")
    assert deleted["deleted"]


async def test_look_waits_for_a_change(rest: RestCaller, person: ControlClient) -> None:
    """With ``since`` and ``wait`` a look answers when the world is newer, or when time is up."""
    await person.messages("alice")
    version = person.version
    waiting = asyncio.create_task(person.messages("alice", since=version, wait=10))
    await asyncio.sleep(0)
    await rest.post(content="news")
    assert [message["content"] for message in await waiting] == ["news"]
    assert person.version > version
    await person.messages("alice", since=person.version, wait=0.01)


async def test_an_added_channel_is_one_like_text(rest: RestCaller, person: ControlClient) -> None:
    """Members write there, and so does the bot; each message is in its own channel alone."""
    channel = (await person.post("/channels", name="another"))["channel"]
    await person.say("alice", "hello", channel=channel)
    await rest("POST", f"/channels/{channel}/messages", {"content": "hello too"})
    seen = await person.messages("bob", channel)
    assert [message["content"] for message in seen] == ["hello", "hello too"]
    assert await person.messages("bob") == []


async def test_watch_gives_up_in_time(person: ControlClient) -> None:
    """A look that never satisfies ends in TimeoutError."""
    with pytest.raises(TimeoutError):
        await person.watch(lambda: person.messages("alice"), until=bool, timeout_s=0.05)


async def test_ledger_masks_tokens_and_names_the_caller(
    rest: RestCaller, person: ControlClient
) -> None:
    """No interaction token is in the ledger; each call has route, status, code and caller."""
    await rest("GET", "/users/@me")
    await rest("POST", f"/webhooks/{ids.APPLICATION_ID}/secret-token", {"content": "x"})
    first, second = await person.calls()
    assert (first["route"], first["who"], first["status"]) == ("GET /users/@me", "bot", 200)
    assert second["path"] == f"/webhooks/{ids.APPLICATION_ID}/[token]"
    assert second["route"] == "POST /webhooks/{webhook_id}/{webhook_token}"
    assert (second["who"], second["status"], second["code"]) == ("interaction", 404, 10015)
    await rest("GET", "/users/@me", token="wrong")
    refused = await person.get("/ledger", route="GET /users/*")
    assert (len(refused["calls"]), refused["invalid_requests"]) == (2, 1)


async def test_unknown_routes_are_404_and_on_the_record(
    sandbox: DiscordSandbox, person: ControlClient, referee: Referee | None
) -> None:
    """A route that is not there is answered like any other, and stands in the ledger."""
    async with (
        aiohttp.ClientSession(sandbox.url) as session,
        session.delete("/api/v10/gateway") as answer,
    ):
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")
        assert answer.headers["Via"]
        assert await answer.json() == {"code": 0, "message": "404: Not Found"}
    [call] = await person.calls()
    assert (call["route"], call["status"]) == ("DELETE /gateway", 404)
    if referee is not None:
        assert [violation.side for violation in referee.violations] == ["request"]
        referee.violations.clear()


async def test_a_message_has_files_of_which_more_is_said_than_is_sent(
    person: ControlClient,
) -> None:
    """As an option has them: a file too large to send, or a type that is not told."""
    files = {"a": file("a.png", b"x", size=60_000_000, width=9000, height=1, content_type=None)}
    await person.say("alice", "look", files=files)
    [message] = await person.messages("alice")
    [attachment] = message["attachments"]
    assert (attachment["size"], attachment["width"]) == (60_000_000, 9000)
    assert "content_type" not in attachment


HELLO = {"as": "alice", "channel": "text", "content": "x"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/messages", {"as": "alice", "channel": "nowhere", "content": "x"}),
        ("POST", "/messages", {"as": "alice", "channel": "text", "content": ""}),
        ("POST", "/messages", {"as": "alice", "channel": "text", "content": "x" * 2001}),
        ("POST", "/messages", {"channel": "text", "content": "x"}),
        ("POST", "/components", {"as": "alice", "message": "1", "custom_id": "x"}),
        ("POST", "/modals", {"as": "alice", "interaction": "1"}),
        ("POST", "/reactions", {"as": "alice", "message": "1", "emoji": "❌"}),
        ("POST", "/commands", {"as": "alice", "channel": "text", "name": "x", "files": {"a": 1}}),
        ("POST", "/gateway", {"action": "explode"}),
        ("POST", "/guild", {"action": "explode"}),
        ("POST", "/channels", {"name": ""}),
        ("POST", f"/channels/{ids.TEXT_CHANNEL_ID}", {"action": "archive"}),
        ("POST", f"/channels/{ids.THREAD_ID}", {"action": "explode"}),
        ("POST", "/interactions/1/redeliver", {}),
        ("POST", "/messages", {**HELLO, "embeds": [1]}),
        ("POST", "/messages", {**HELLO, "embeds": [{"image": "x"}]}),
        ("POST", "/messages", {**HELLO, "embeds": [{"image": {"file": []}}]}),
        ("POST", "/messages", {**HELLO, "embed": []}),
        ("POST", "/components", {"as": "alice", "message": "1", "custom_id": "x", "values": [[]]}),
        ("POST", "/permissions", {"who": "bot", "channel": "text", "denied": ["SEND_MESSAGES"]}),
        ("POST", "/gateway", {"action": "close", "code": 99999}),
        ("POST", "/gateway", {"action": "invalidate", "resumable": "no"}),
        ("POST", "/guild", {"action": "automod", "words": [1]}),
        ("POST", "/messages", {**HELLO, "files": {"a": {"name": "a.png", "bytes": "eA=="}}}),
        ("POST", "/messages", {**HELLO, "files": {"a": {"name": "a.png", "size": "large"}}}),
        ("POST", "/settings", {"speed": 1}),
        ("POST", "/settings", {"token_lifetime_s": -1}),
        ("POST", "/settings", {"cdn_lifetime_s": float("inf")}),
        ("GET", "/messages", {"as": "alice", "channel": "text", "delete": "true"}),
        ("GET", "/world", {"wait": "soon"}),
    ],
)
async def test_wrong_acts_are_refused(
    bot: object, person: ControlClient, method: str, path: str, body: dict[str, object]
) -> None:
    """400 with a reason, and nothing happens."""
    del bot
    with pytest.raises(RefusedError):
        await getattr(person, method.lower())(path, **body)
    assert await person.messages("alice") == []


async def test_body_that_is_no_json_is_refused(person: ControlClient) -> None:
    """A broken control call gets a reason, not a server error."""
    async with aiohttp.ClientSession() as session:
        for data in (b"{", b"[]", b"\xff"):
            async with session.post(f"{person.url}/sandbox/commands", data=data) as answer:
                assert answer.status == 400
                assert (await answer.json())["error"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_program_prints_its_address_and_ends_cleanly(number: signal.Signals) -> None:
    """It serves until it is told to stop, be there open connections or not; exit code 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "discord", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["url"]
    async with (
        aiohttp.ClientSession(url) as session,
        session.get("/sandbox/world") as answer,
        session.ws_connect("/gateway"),
    ):
        assert (await answer.json())["url"] == url
        process.send_signal(number)
        assert await process.wait() == 0


@needs_spec
def test_referee_blames_what_breaks_the_schema() -> None:
    """A wrong request, a wrong answer and an unknown route are violations; refusals are none."""
    judge = Referee()
    path = "/channels/1/messages"
    judge("POST", path, {"content": "x" * 4001}, 200, {"id": 1})
    judge("GET", "/no/such/route", None, 200, {})
    assert [violation.side for violation in judge.violations] == ["request", "answer", "request"]
    refusal = {"code": 50035, "message": "Invalid Form Body"}
    clean = Referee()
    clean("POST", path, {"content": "x" * 4001}, 400, refusal)
    clean("POST", path, {"content": "x"}, 500, None)
    assert (clean.violations, clean.judged) == ([], 2)

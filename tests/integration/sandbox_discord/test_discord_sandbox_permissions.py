"""Who may do what where: by the bot token, and as a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.discord.control.client import RefusedError
from sandbox.discord.ids import (
    ALICE_ID,
    BOT_ID,
    DM_ID,
    HIDDEN_CHANNEL_ID,
    TEXT_CHANNEL_ID,
    THREAD_ID,
)

if TYPE_CHECKING:
    from rest_caller import RestCaller

    from sandbox.discord.control.client import ControlClient

EMBED: dict[str, Any] = {"embeds": [{"title": "t"}]}


async def deny(person: ControlClient, *names: str) -> None:
    """Take permissions of the bot away in the text channel and its thread."""
    await person.post("/permissions", who="bot", channel="text", deny=list(names))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"archived": False}),
        ("GET", "/messages", None),
        ("POST", "/messages", {"content": "x"}),
        ("POST", "/typing", None),
        ("GET", "/messages/1", None),
        ("PATCH", "/messages/1", {"content": "x"}),
        ("DELETE", "/messages/1", None),
        ("PUT", "/messages/1/reactions/❌/@me", None),
        ("GET", "/messages/1/reactions/❌", None),
    ],
)
async def test_hidden_channel_takes_nothing_by_bot_token(
    rest: RestCaller, method: str, path: str, body: Any
) -> None:
    """Without View Channel every route is 403/50001, whatever it is about."""
    refused = await rest(method, f"/channels/{HIDDEN_CHANNEL_ID}{path}", body)
    assert (refused.status, refused.code) == (403, 50001)


@pytest.mark.parametrize(
    ("missing", "place", "body", "files"),
    [
        ("SEND_MESSAGES", TEXT_CHANNEL_ID, {"content": "x"}, ()),
        ("SEND_MESSAGES_IN_THREADS", THREAD_ID, {"content": "x"}, ()),
        ("ATTACH_FILES", TEXT_CHANNEL_ID, {"content": "x"}, (("a.txt", b"a"),)),
        ("EMBED_LINKS", TEXT_CHANNEL_ID, EMBED, ()),
    ],
)
async def test_sending_needs_its_permissions(
    rest: RestCaller, person: ControlClient, missing: str, place: int, body: Any, files: Any
) -> None:
    """Each missing permission alone is 403/50013; the others are not asked for."""
    path = f"/channels/{place}/messages"
    assert (await rest("POST", path, body, files=files)).status == 200
    await deny(person, missing)
    refused = await rest("POST", path, body, files=files)
    assert (refused.status, refused.code) == (403, 50013)


async def test_thread_and_channel_ask_for_different_permissions(
    rest: RestCaller, person: ControlClient
) -> None:
    """In a thread Send Messages does not count, outside Send Messages in Threads does not."""
    await deny(person, "SEND_MESSAGES")
    assert (await rest("POST", f"/channels/{THREAD_ID}/messages", {"content": "x"})).status == 200
    await person.post("/permissions", who="bot", channel="text", neutral=["SEND_MESSAGES"])
    await deny(person, "SEND_MESSAGES_IN_THREADS")
    channel = await rest("POST", f"/channels/{TEXT_CHANNEL_ID}/messages", {"content": "x"})
    assert channel.status == 200


async def test_own_message_can_be_edited_without_send_but_not_with_files(
    rest: RestCaller, person: ControlClient
) -> None:
    """An edit needs View Channel only; a new file in it needs Attach Files."""
    made = (await rest("POST", f"/channels/{TEXT_CHANNEL_ID}/messages", {"content": "x"})).body
    path = f"/channels/{TEXT_CHANNEL_ID}/messages/{made['id']}"
    await deny(person, "SEND_MESSAGES", "ATTACH_FILES", "READ_MESSAGE_HISTORY")
    assert (await rest("PATCH", path, {"content": "y"})).status == 200
    body = {"attachments": [{"id": 0}]}
    assert (await rest("PATCH", path, body, files=(("a.txt", b"a"),))).code == 50013
    await deny(person, "VIEW_CHANNEL")
    assert (await rest("PATCH", path, {"content": "z"})).code == 50001


async def test_reading_and_replying_need_the_history(
    rest: RestCaller, person: ControlClient
) -> None:
    """Without it lists are empty, single messages 50013, replies 160002."""
    target = await person.say("alice", "hi")
    path = f"/channels/{TEXT_CHANNEL_ID}/messages"
    await deny(person, "READ_MESSAGE_HISTORY")
    assert (await rest("GET", path)).body == []
    assert (await rest("GET", f"{path}/{target}")).code == 50013
    reply = {"content": "x", "message_reference": {"message_id": target}}
    refused = await rest("POST", path, reply)
    assert (refused.status, refused.code) == (403, 160002)


async def test_reacting_needs_history_and_for_a_new_emoji_add_reactions(
    rest: RestCaller, person: ControlClient
) -> None:
    """An emoji that is there already may be joined without Add Reactions."""
    await person.post("/settings", rate_limits=False)
    target = await person.say("alice", "hi")
    path = f"/channels/{TEXT_CHANNEL_ID}/messages/{target}/reactions"
    await person.react("alice", target, "👍")
    await deny(person, "ADD_REACTIONS")
    assert (await rest("PUT", f"{path}/❌/@me")).code == 50013
    assert (await rest("PUT", f"{path}/👍/@me")).status == 204
    await deny(person, "READ_MESSAGE_HISTORY")
    assert (await rest("PUT", f"{path}/👍/@me")).code == 50013


async def test_reactions_of_others_need_manage_messages(
    rest: RestCaller, person: ControlClient
) -> None:
    """Own ones go freely; others', all of an emoji, or all at once need the permission."""
    await person.post("/settings", rate_limits=False)
    target = await person.say("alice", "hi")
    await person.react("alice", target, "❌")
    path = f"/channels/{TEXT_CHANNEL_ID}/messages/{target}/reactions"
    await rest("PUT", f"{path}/❌/@me")
    who = (await rest("GET", f"{path}/❌")).body
    assert [user["id"] for user in who] == [str(BOT_ID), str(ALICE_ID)]
    for target_path in (f"{path}/❌/{ALICE_ID}", f"{path}/❌", path):
        assert (await rest("DELETE", target_path)).code == 50013
    assert (await rest("DELETE", f"{path}/❌/@me")).status == 204
    await person.post("/permissions", who="bot", channel="text", allow=["MANAGE_MESSAGES"])
    assert (await rest("DELETE", f"{path}/❌/{ALICE_ID}")).status == 204
    [message] = await person.messages("alice")
    assert "reactions" not in message


async def test_reaction_rules(rest: RestCaller, person: ControlClient) -> None:
    """What is no emoji is 10014; twenty kinds are the most; the same one twice is one."""
    await person.post("/settings", rate_limits=False)
    target = await person.say("alice", "hi")
    path = f"/channels/{TEXT_CHANNEL_ID}/messages/{target}/reactions"
    assert (await rest("PUT", f"{path}/cancel/@me")).code == 10014
    for number in range(20):
        assert (await rest("PUT", f"{path}/{chr(0x1F400 + number)}/@me")).status == 204
    assert (await rest("PUT", f"{path}/❌/@me")).code == 30010
    assert (await rest("PUT", f"{path}/{chr(0x1F400)}/@me")).status == 204
    [message] = await person.messages("alice")
    assert {reaction["count"] for reaction in message["reactions"]} == {1}


async def test_others_messages_are_deleted_with_manage_messages_only(
    rest: RestCaller, person: ControlClient
) -> None:
    """50013 without it; own messages go freely."""
    theirs = await person.say("alice", "hi")
    own = (await rest("POST", f"/channels/{TEXT_CHANNEL_ID}/messages", {"content": "x"})).body
    path = f"/channels/{TEXT_CHANNEL_ID}/messages"
    assert (await rest("DELETE", f"{path}/{theirs}")).code == 50013
    assert (await rest("DELETE", f"{path}/{own['id']}")).status == 204
    assert (await rest("DELETE", f"{path}/{own['id']}")).code == 10008


async def test_closed_dms_refuse_new_messages_only(rest: RestCaller, person: ControlClient) -> None:
    """50007 to post; what stands there can still be edited."""
    opened = await rest("POST", "/users/@me/channels", {"recipient_id": ALICE_ID})
    assert opened.body["id"] == str(DM_ID)
    made = (await rest("POST", f"/channels/{DM_ID}/messages", {"content": "x"})).body
    await person.post("/guild", action="close_dms", who="alice")
    refused = await rest("POST", f"/channels/{DM_ID}/messages", {"content": "y"})
    assert (refused.status, refused.code) == (403, 50007)
    path = f"/channels/{DM_ID}/messages/{made['id']}"
    assert (await rest("PATCH", path, {"content": "z"})).status == 200
    await person.post("/guild", action="open_dms", who="alice")
    assert (await rest("POST", f"/channels/{DM_ID}/messages", {"content": "y"})).status == 200
    await person.post("/guild", action="kick_bot")
    strangers = await rest("POST", f"/channels/{DM_ID}/messages", {"content": "y"})
    assert (strangers.status, strangers.code) == (403, 50278)


async def test_archived_thread_takes_new_messages_but_no_edits(
    rest: RestCaller, person: ControlClient
) -> None:
    """50083 for edits and reactions; a new message reopens it, unless it is locked."""
    path = f"/channels/{THREAD_ID}/messages"
    made = (await rest("POST", path, {"content": "x"})).body
    await person.post(f"/channels/{THREAD_ID}", action="archive")
    assert (await rest("PATCH", f"{path}/{made['id']}", {"content": "y"})).code == 50083
    assert (await rest("PUT", f"{path}/{made['id']}/reactions/❌/@me")).code == 50083
    assert (await rest("POST", path, {"content": "z"})).status == 200
    assert (await rest("PATCH", f"{path}/{made['id']}", {"content": "y"})).status == 200
    await person.post(f"/channels/{THREAD_ID}", action="lock")
    refused = await rest("POST", path, {"content": "z"})
    assert (refused.status, refused.code) == (400, 50083)
    await person.post(f"/channels/{THREAD_ID}", action="unarchive")
    assert (await rest("POST", path, {"content": "z"})).status == 200


async def test_archived_thread_comes_back_when_asked_unless_it_is_locked(
    rest: RestCaller, person: ControlClient
) -> None:
    """Who may write in it may bring it back; a locked one, and archiving, take Manage Threads."""
    path = f"/channels/{THREAD_ID}"
    back: dict[str, Any] = {"archived": False}
    made = (await rest("POST", f"{path}/messages", {"content": "x"})).body
    await person.post(path, action="archive")
    answer = await rest("PATCH", path, back)
    assert (answer.status, answer.body["thread_metadata"]["archived"]) == (200, False)
    edit = await rest("PATCH", f"{path}/messages/{made['id']}", {"content": "y"})
    assert edit.status == 200
    assert (await rest("PATCH", path, {"archived": True})).code == 50013
    await person.post(path, action="lock")
    assert (await rest("PATCH", path, back)).code == 50013
    await person.post(path, action="archive")
    await deny(person, "SEND_MESSAGES_IN_THREADS")
    assert (await rest("PATCH", path, back)).code == 50013
    assert (await rest("PATCH", path, {"archived": "no"})).code == 50035
    assert (await rest("PATCH", f"/channels/{TEXT_CHANNEL_ID}", back)).code == 50024


async def test_members_are_held_to_their_permissions_too(person: ControlClient) -> None:
    """A person cannot act where their client would not let them."""
    await person.post("/permissions", who="alice", channel="text", deny=["SEND_MESSAGES"])
    with pytest.raises(RefusedError, match="50013"):
        await person.say("alice", "hi")
    message = await person.say("bob", "hi")
    with pytest.raises(RefusedError, match="may not delete"):
        await person.delete(f"/messages/{message}", **{"as": "alice"})
    await person.post("/permissions", who="alice", channel="text", deny=["VIEW_CHANNEL"])
    with pytest.raises(RefusedError, match="cannot see"):
        await person.messages("alice")
    with pytest.raises(RefusedError, match="cannot see"):
        await person.react("alice", message, "❌")
    await person.post("/permissions", who="everyone", channel="text", deny=["ADD_REACTIONS"])
    await person.delete(f"/messages/{message}", **{"as": "mod"})
    assert await person.messages("bob") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"who": "nobody", "channel": "text"}, "nobody"),
        ({"who": "bot", "channel": "text", "deny": ["FLY"]}, "no permission"),
        ({"who": "bot", "channel": "thread", "deny": []}, "thread"),
        ({"who": "bot", "channel": "dm", "deny": []}, "direct"),
        ({"who": "bot", "channel": "5", "deny": []}, "no channel"),
    ],
)
async def test_permissions_that_cannot_be(
    person: ControlClient, body: dict[str, Any], reason: str
) -> None:
    """A wrong change is 400 with its reason."""
    with pytest.raises(RefusedError, match=reason):
        await person.post("/permissions", **body)

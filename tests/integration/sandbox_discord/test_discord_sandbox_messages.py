"""What the message routes take, keep and refuse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from message_parts import PICTURE, gallery, png, text
from rest_caller import MESSAGES, V2, RestCaller

from sandbox.discord.ids import ALICE_ID, BOB_ID, MEMBER_ROLE_ID, THREAD_ID

if TYPE_CHECKING:
    from sandbox.discord.control.client import ControlClient


async def test_empty_messages_are_refused(rest: RestCaller) -> None:
    """Nothing to show is 50006, on creation and after an edit."""
    assert (await rest.post(content="  ")).code == 50006
    made = (await rest.post(content="x")).body
    emptied = await rest("PATCH", f"{MESSAGES}/{made['id']}", {"content": ""})
    assert (emptied.status, emptied.code) == (400, 50006)
    assert (await rest("GET", f"{MESSAGES}/{made['id']}")).body["content"] == "x"


async def test_of_a_v2_message_the_components_are_all_there_is_to_see(rest: RestCaller) -> None:
    """A file beside none of them is nothing, on creation and after an edit."""
    files = (("a.png", png()),)
    assert (await rest("POST", MESSAGES, {"flags": V2}, files=files)).code == 50006
    body = {"flags": V2, "components": [text()]}
    made = (await rest("POST", MESSAGES, body, files=files)).body
    emptied = await rest("PATCH", f"{MESSAGES}/{made['id']}", {"components": []})
    assert (emptied.status, emptied.code) == (400, 50006)


async def test_v2_cannot_be_taken_back(rest: RestCaller) -> None:
    """An edit may turn a message into V2, if its content goes; the way back is closed."""
    made = (await rest.post(content="legacy")).body
    path = f"{MESSAGES}/{made['id']}"
    kept = await rest("PATCH", path, {"flags": V2, "components": [text()]})
    assert kept.complaints == {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}
    turned = await rest("PATCH", path, {"flags": V2, "content": None, "components": [text()]})
    assert turned.body["flags"] == V2
    back = await rest("PATCH", path, {"flags": 0, "content": "legacy"})
    assert back.code == 50035
    assert (await rest("PATCH", path, {"flags": 0})).body["flags"] == V2


async def test_flags_a_bot_cannot_set_are_ignored(rest: RestCaller) -> None:
    """By bot token nothing becomes ephemeral or loading."""
    made = (await rest.post(content="x", flags=64 | 128 | 4)).body
    assert made["flags"] == 4
    edited = await rest("PATCH", f"{MESSAGES}/{made['id']}", {"flags": 64})
    assert edited.body["flags"] == 0


async def test_files_of_an_edit(rest: RestCaller) -> None:
    """Listed ones stay, new ones come by index, the rest goes; without a list new ones replace."""
    two = (("a.png", png()), ("b b.txt", b"b"))
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=two)).body
    first, second = made["attachments"]
    assert (first["width"], first["height"], first["content_type"]) == (32, 48, "image/png")
    assert (second["filename"], second["title"], "width" in second) == ("b_b.txt", "b b", False)
    path = f"{MESSAGES}/{made['id']}"
    listed = [{"id": second["id"]}, {"id": 0, "description": "new"}]
    edited = await rest("PATCH", path, {"attachments": listed}, files=(("c.png", png()),))
    assert [item["filename"] for item in edited.body["attachments"]] == ["b_b.txt", "c.png"]
    assert edited.body["attachments"][1]["description"] == "new"
    as_numbers = [{"id": int(item["id"])} for item in edited.body["attachments"]]
    kept = await rest("PATCH", path, {"attachments": as_numbers, "content": "y"})
    assert len(kept.body["attachments"]) == 2
    replaced = await rest("PATCH", path, {}, files=(("d.txt", b"d"),))
    assert [item["filename"] for item in replaced.body["attachments"]] == ["d.txt"]
    async with rest.session.get(first["url"]) as gone:
        assert gone.status == 404


async def test_a_file_that_is_kept_is_listed_once_and_may_be_described_anew(
    rest: RestCaller,
) -> None:
    made = (await rest("POST", MESSAGES, {"content": "x"}, files=(("a.png", png()),))).body
    [picture] = made["attachments"]
    path = f"{MESSAGES}/{made['id']}"
    listed = [{"id": picture["id"], "description": "new"}, {"id": picture["id"]}]
    edited = (await rest("PATCH", path, {"attachments": listed})).body
    assert [(item["id"], item["description"]) for item in edited["attachments"]] == [
        (picture["id"], "new")
    ]
    kept = (await rest("PATCH", path, {"attachments": [{"id": picture["id"]}]})).body
    assert kept["attachments"][0]["description"] == "new"


async def test_v2_edit_that_drops_a_shown_file_is_refused(rest: RestCaller) -> None:
    """Components that stay need their files; a file that is not listed cannot be referred to."""
    body = {"flags": V2, "components": [gallery("a.png")]}
    made = (await rest("POST", MESSAGES, body, files=(("a.png", png()),))).body
    path = f"{MESSAGES}/{made['id']}"
    wanted = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
    assert (await rest("PATCH", path, {"attachments": []})).complaints == {"attachments": wanted}
    unlisted = {"components": [gallery("b.png")]}
    refused = await rest("PATCH", path, unlisted, files=(("b.png", png()),))
    assert refused.complaints == {"components.0.items.0.media.url": wanted}
    listed = {**unlisted, "attachments": [{"id": 0}]}
    assert (await rest("PATCH", path, listed, files=(("b.png", png()),))).status == 200


async def test_file_shown_by_an_embed_is_not_listed(rest: RestCaller) -> None:
    """An embed's own picture has a link in the embed, and no place among the attachments."""
    body = {"embeds": [{"title": "t", "image": PICTURE}]}
    made = (await rest("POST", MESSAGES, body, files=(("a.png", png()), ("b.txt", b"")))).body
    assert [item["filename"] for item in made["attachments"]] == ["b.txt"]
    assert made["embeds"][0]["image"]["width"] == 32


async def test_same_nonce_gives_the_same_message(rest: RestCaller, person: ControlClient) -> None:
    """For the past few minutes; a deleted message of that nonce is unknown, not made anew."""
    first = await rest.post(content="x", nonce="job-1", enforce_nonce=True)
    again = await rest.post(content="other", nonce="job-1", enforce_nonce=True)
    assert (again.body["id"], again.body["content"]) == (first.body["id"], "x")
    assert again.body["nonce"] == "job-1"
    free = await rest.post(content="x", nonce="job-1")
    assert free.body["id"] != first.body["id"]
    await person.delete(f"/messages/{free.body['id']}")
    gone = await rest.post(content="x", nonce="job-1", enforce_nonce=True)
    assert (gone.status, gone.code) == (404, 10008)
    await person.post("/settings", nonce_window_s=0.0)
    fresh = await rest.post(content="x", nonce="job-1", enforce_nonce=True)
    assert fresh.status == 200


async def test_two_posts_of_one_nonce_at_once_are_one_message(
    rest: RestCaller, person: ControlClient
) -> None:
    """The nonce holds against simultaneous posts too, with files to be stored in between."""
    body = {"content": "x", "nonce": "job-1", "enforce_nonce": True}
    files = (("a.mp4", b"no video"),)
    answers = await asyncio.gather(*(rest("POST", MESSAGES, body, files=files) for _ in range(4)))
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(await person.messages("alice")) == 1


@pytest.mark.parametrize(
    ("allowed", "users"),
    [
        (None, ["alice", "bob"]),
        ({"parse": []}, []),
        ({"users": [str(BOB_ID)]}, ["bob"]),
        ({"parse": ["users"]}, ["alice", "bob"]),
        ({"parse": ["everyone", "roles"]}, []),
    ],
)
async def test_mentions_follow_what_is_allowed(
    rest: RestCaller, allowed: dict[str, Any] | None, users: list[str]
) -> None:
    """Who is pinged shows in the message; code is no mention; everyone needs the permission."""
    content = f"<@{ALICE_ID}> <@!{BOB_ID}> <@&{MEMBER_ROLE_ID}> @everyone `<@{BOB_ID}>`"
    for body in ({"content": content}, {"flags": V2, "components": [text(content)]}):
        made = (await rest.post(**body, allowed_mentions=allowed)).body
        assert [user["username"] for user in made["mentions"]] == users
        assert (made["mention_roles"], made["mention_everyone"]) == ([], False)


async def test_reply_refers_to_its_target_and_pings_its_author_if_allowed(
    rest: RestCaller, person: ControlClient
) -> None:
    """A reply carries the referenced message; a missing one may be let pass."""
    target = await person.say("alice", "question")
    reference = {"message_id": target}
    made = (await rest.post(content="answer", message_reference=reference)).body
    assert (made["type"], made["referenced_message"]["content"]) == (19, "question")
    assert [user["username"] for user in made["mentions"]] == ["alice"]
    quiet = {"parse": [], "replied_user": False}
    made = (await rest.post(content="a", message_reference=reference, allowed_mentions=quiet)).body
    assert made["mentions"] == []
    lost = {"message_id": "1", "fail_if_not_exists": False}
    assert "message_reference" not in (await rest.post(content="a", message_reference=lost)).body


async def test_only_own_messages_can_be_edited(rest: RestCaller, person: ControlClient) -> None:
    """50005 for others' messages, 10008 for messages that are not there."""
    theirs = await person.say("alice", "mine")
    refused = await rest("PATCH", f"{MESSAGES}/{theirs}", {"content": "x"})
    assert (refused.status, refused.code) == (403, 50005)
    assert (await rest("PATCH", f"{MESSAGES}/1", {"content": "x"})).code == 10008
    elsewhere = await rest("GET", f"/channels/{THREAD_ID}/messages/{theirs}")
    assert (elsewhere.status, elsewhere.code) == (404, 10008)


async def test_messages_are_listed_in_pages(rest: RestCaller, person: ControlClient) -> None:
    """Newest first; before, after and around an id; at most a hundred."""
    await person.post("/settings", rate_limits=False)
    written = [await person.say("alice", str(number)) for number in range(5)]

    async def page(query: str) -> list[str]:
        return [item["content"] for item in (await rest("GET", f"{MESSAGES}?{query}")).body]

    assert await page("limit=2") == ["4", "3"]
    assert await page(f"limit=2&before={written[3]}") == ["2", "1"]
    assert await page(f"limit=2&after={written[1]}") == ["3", "2"]
    assert await page(f"limit=1&around={written[2]}") == ["2"]
    for wrong in ("limit=101", "limit=0", "limit=x", "before=x"):
        assert (await rest("GET", f"{MESSAGES}?{wrong}")).code == 50035


async def test_malformed_bodies(rest: RestCaller) -> None:
    """What is no JSON is 50109; what is no object is 50035."""
    async with rest.session.post(
        rest.base + MESSAGES,
        data=b"{nonsense",
        headers={
            "Authorization": "Bot sandbox-discord-token",
            "Content-Type": "application/json",
        },
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["code"] == 50109
    assert (await rest("POST", MESSAGES, ["list"])).code == 50035


async def test_blocked_words_stop_a_message(rest: RestCaller, person: ControlClient) -> None:
    """200000 wherever the words stand; people are stopped just so."""
    await person.post("/guild", action="automod", words=["Forbidden"])
    shapes: list[dict[str, Any]] = [
        {"content": "so forbidden!"},
        {"flags": V2, "components": [{"type": 17, "components": [text("FORBIDDEN")]}]},
        {"embeds": [{"footer": {"text": "forbidden"}}]},
    ]
    for body in shapes:
        refused = await rest.post(**body)
        assert (refused.status, refused.code) == (400, 200000)
    assert (await rest.post(content="fine")).status == 200

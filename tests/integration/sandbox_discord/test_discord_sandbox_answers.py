"""What an interaction's routes refuse: late, double, dead, unknown and malformed answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rest_caller import V2, RestCaller

from sandbox.discord.control.client import ControlClient, RefusedError, file
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.server import DiscordSandbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.discord.interactions.interaction import Interaction
    from tests.openapi import Referee

COMMANDS = f"/applications/{APPLICATION_ID}/commands"
ANIMATE = {
    "name": "animate",
    "description": "Animate",
    "options": [{"type": 3, "name": "prompt", "description": "Prompt", "max_length": 10}],
}
BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Stand still until the test moves on."""
    return Clock()


@pytest.fixture
async def sandbox(referee: Referee | None, clock: Clock) -> AsyncIterator[DiscordSandbox]:
    """Run a stand-in on the test's clock."""
    async with DiscordSandbox(observer=referee, clock=clock) as running:
        yield running


class Desk:
    """Where a command comes in and raw answers go out."""

    def __init__(self, sandbox: DiscordSandbox, person: ControlClient, rest: RestCaller) -> None:
        self.sandbox = sandbox
        self.person = person
        self.rest = rest

    async def command(self, who: str = "alice", **more: Any) -> Interaction:
        """Have somebody use the command."""
        number = await self.person.command(who, "animate", **more)
        return self.sandbox.world.interactions[int(number)]

    async def click(self, who: str, message: str, custom_id: str) -> Interaction:
        """Have somebody press a button."""
        number = await self.person.click(who, message, custom_id)
        return self.sandbox.world.interactions[int(number)]

    async def answer(self, interaction: Interaction, kind: int, data: Any = None) -> Any:
        """Answer first."""
        return await self.rest.callback(interaction, kind, data)

    async def webhook(
        self, method: str, interaction: Interaction, path: str = "/messages/@original", **more: Any
    ) -> Any:
        """Use a route of the token."""
        base = f"/webhooks/{APPLICATION_ID}/{interaction.token}"
        return await self.rest(method, base + path, **more)


@pytest.fixture
async def desk(sandbox: DiscordSandbox, person: ControlClient, rest: RestCaller) -> Desk:
    """Register one command."""
    assert (await rest("PUT", COMMANDS, [ANIMATE])).status == 200
    return Desk(sandbox, person, rest)


async def test_answer_after_three_seconds_comes_too_late(desk: Desk, clock: Clock) -> None:
    """The third second still counts, the fourth gets 404/10062 and leaves nothing."""
    first, second = await desk.command(), await desk.command()
    clock.now += 3
    assert (await desk.answer(first, 5)).status == 200
    clock.now += 0.5
    late = await desk.answer(second, 5)
    assert (late.status, late.code) == (404, 10062)
    assert (await desk.person.interaction(str(second.id)))["failed"]
    assert len(await desk.person.messages("alice")) == 1


async def test_second_answer_is_refused(desk: Desk) -> None:
    """400/40060, whatever the second answer is."""
    interaction = await desk.command()
    await desk.answer(interaction, 5)
    again = await desk.answer(interaction, 4, {"content": "again"})
    assert (again.status, again.code) == (400, 40060)


async def test_token_dies_after_its_lifetime(desk: Desk, clock: Clock) -> None:
    """401/50027 after fifteen minutes, or after what a test sets."""
    interaction = await desk.command()
    await desk.answer(interaction, 5)
    clock.now += 900
    alive = await desk.webhook("PATCH", interaction, body={"content": "just in time"})
    assert alive.status == 200
    clock.now += 1
    dead = await desk.webhook("PATCH", interaction, body={"content": "too late"})
    assert (dead.status, dead.code) == (401, 50027)
    await desk.person.post("/settings", token_lifetime_s=2000)
    assert (await desk.webhook("GET", interaction)).status == 200


async def test_unknown_interactions_and_webhooks(desk: Desk) -> None:
    """10062 for a strange interaction or token, 10015 for a strange webhook."""
    interaction = await desk.command()
    stranger = await desk.rest("POST", "/interactions/1/x/callback", {"type": 5})
    assert (stranger.status, stranger.code) == (404, 10062)
    before = await desk.webhook("GET", interaction)
    assert (before.status, before.code) == (404, 10015)
    for path in (f"/webhooks/{APPLICATION_ID}/nonsense", f"/webhooks/1/{interaction.token}"):
        unknown = await desk.rest("POST", path, {"content": "x"})
        assert (unknown.status, unknown.code) == (404, 10015)


async def test_only_the_ephemeral_flag_counts_in_a_deferral(desk: Desk) -> None:
    """The V2 flag of a deferral is ignored; it comes with the edit."""
    interaction = await desk.command()
    reply = await desk.answer(interaction, 5, {"flags": V2 | 64})
    facts = reply.body["interaction"]
    assert (facts["response_message_loading"], facts["response_message_ephemeral"]) == (True, True)
    assert "resource" not in reply.body
    message = await desk.webhook("GET", interaction)
    assert message.body["flags"] == 128 | 64
    edited = await desk.webhook("PATCH", interaction, body={"content": "legacy", "flags": 0})
    assert edited.body["flags"] == 64


@pytest.mark.parametrize(
    ("kind", "data"),
    [(6, None), (7, {"content": "x"}), (8, {"choices": []}), (3, None), (10, None), ("4", {})],
)
async def test_answer_of_the_wrong_kind_is_refused_and_leaves_the_first_answer_open(
    desk: Desk, kind: Any, data: Any
) -> None:
    """A command takes a message, a promise or a modal."""
    interaction = await desk.command()
    refused = await desk.answer(interaction, kind, data)
    assert (refused.status, refused.code) == (400, 50035)
    assert (await desk.answer(interaction, 5)).status == 200


async def test_modal_submission_takes_no_modal(desk: Desk) -> None:
    """A modal cannot be answered with another one."""
    opener = await desk.command()
    field = {"type": 4, "custom_id": "f", "style": 1, "required": False}
    modal = {"custom_id": "m", "title": "t", "components": [label(field)]}
    assert (await desk.answer(opener, 9, modal)).status == 200
    number = await desk.person.submit("alice", str(opener.id), {})
    submission = desk.sandbox.world.interactions[int(number)]
    assert (await desk.answer(submission, 9, modal)).code == 50035
    assert (await desk.answer(submission, 4, {"content": "ok"})).status == 200


def label(component: Any, text: str = "Label") -> dict[str, Any]:
    """Return a component inside a Label."""
    return {"type": 18, "label": text, "component": component}


INPUT: dict[str, Any] = {"type": 4, "custom_id": "f", "style": 1}
MENU: dict[str, Any] = {"type": 3, "custom_id": "m", "options": [{"label": "A", "value": "a"}]}
OPTIONS = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"title": "t" * 46}, "data.title"),
        ({"title": ""}, "data.title"),
        ({"custom_id": "c" * 101}, "data.custom_id"),
        ({"components": []}, "data.components"),
        (
            {"components": [label({**INPUT, "custom_id": str(n)}) for n in range(6)]},
            "data.components",
        ),
        ({"components": [label(INPUT, "l" * 46)]}, "data.components.0.label"),
        (
            {"components": [label({**INPUT, "value": "v" * 4001})]},
            "data.components.0.component.value",
        ),
        ({"components": [label({**INPUT, "style": 3})]}, "data.components.0.component.style"),
        ({"components": [BUTTON]}, "data.components.0.components.0.type"),
        ({"components": [label(INPUT), label(INPUT)]}, "data.components.1.component.custom_id"),
        (
            {"components": [label({**INPUT, "min_length": 5, "max_length": 4})]},
            "data.components.0.component.max_length",
        ),
        (
            {"components": [label({**MENU, "disabled": True})]},
            "data.components.0.component.disabled",
        ),
        (
            {"components": [label({"type": 21, "custom_id": "r", "options": OPTIONS[:1]})]},
            "data.components.0.component.options",
        ),
    ],
)
async def test_modal_limits(desk: Desk, change: dict[str, Any], where: str) -> None:
    """Each limit of a modal is complained of at its place."""
    interaction = await desk.command()
    modal = {"custom_id": "m", "title": "t", "components": [label(INPUT)], **change}
    refused = await desk.answer(interaction, 9, modal)
    assert (refused.status, refused.code) == (400, 50035)
    assert where in refused.complaints


async def test_every_field_of_a_modal_comes_back(desk: Desk) -> None:
    """Texts, choices, boxes and files, prefilled values where nothing was changed."""
    fields = [
        label({**INPUT, "custom_id": "text", "value": "prefilled"}),
        label({"type": 3, "custom_id": "menu", "options": OPTIONS, "max_values": 2}),
        label({"type": 21, "custom_id": "radio", "options": OPTIONS}),
        label({"type": 23, "custom_id": "box"}),
        label({"type": 19, "custom_id": "files"}),
    ]
    opener = await desk.command()
    modal = {"custom_id": "m", "title": "t", "components": fields}
    assert (await desk.answer(opener, 9, modal)).status == 200
    number = await desk.person.submit(
        "alice",
        str(opener.id),
        {"menu": ["a", "b"], "radio": "b", "box": True},
        files={"files": [file("notes.txt", b"hello")]},
    )
    data = desk.sandbox.world.interactions[int(number)].data
    answers = [item["component"] for item in data["components"]]
    assert [item.get("value", item.get("values")) for item in answers[:4]] == [
        "prefilled",
        ["a", "b"],
        "b",
        True,
    ]
    [uploaded] = answers[4]["values"]
    stored = data["resolved"]["attachments"][uploaded]
    assert (stored["filename"], stored["size"]) == ("notes.txt", 5)
    assert stored["content_type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "required"),
        ({"text": 1}, "takes a text"),
        ({"text": "abcdef"}, "length 6"),
        ({"text": "abc", "other": "x"}, "no field"),
    ],
)
async def test_what_a_modal_does_not_let_through(desk: Desk, values: Any, reason: str) -> None:
    """A person cannot send off what the form refuses."""
    opener = await desk.command()
    field = label({**INPUT, "custom_id": "text", "min_length": 2, "max_length": 5})
    await desk.answer(opener, 9, {"custom_id": "m", "title": "t", "components": [field]})
    with pytest.raises(RefusedError, match=reason):
        await desk.person.submit("alice", str(opener.id), values)


async def test_deferred_update_makes_original_the_clicked_message(desk: Desk) -> None:
    """After type 6 the token edits the message that carries the button, even an ephemeral one."""
    interaction = await desk.command()
    made = await desk.answer(interaction, 4, {"content": "x", "flags": 64, "components": [BUTTON]})
    message = made.body["resource"]["message"]
    click = await desk.click("alice", message["id"], "go")
    assert (await desk.answer(click, 6)).status == 200
    edited = await desk.webhook("PATCH", click, body={"content": "y", "components": []})
    assert (edited.body["id"], edited.body["content"]) == (message["id"], "y")
    with pytest.raises(RefusedError, match="cannot see"):
        await desk.click("bob", message["id"], "go")


async def test_followups_belong_to_their_token(desk: Desk) -> None:
    """A followup can be read, changed and deleted by its own token, by no other."""
    first, second = await desk.command(), await desk.command("bob")
    await desk.answer(first, 4, {"content": "answer"})
    await desk.answer(second, 4, {"content": "answer"})
    more = (await desk.webhook("POST", first, "", body={"content": "more", "flags": 64})).body
    path = f"/messages/{more['id']}"
    assert (await desk.webhook("PATCH", first, path, body={"content": "less"})).status == 200
    foreign = await desk.webhook("GET", second, path)
    assert (foreign.status, foreign.code) == (404, 10008)
    assert (await desk.webhook("DELETE", first, path)).status == 204
    assert (await desk.webhook("GET", first, path)).code == 10008


async def test_bot_token_cannot_reach_an_ephemeral_answer(desk: Desk) -> None:
    """10008 for reading, editing, deleting and reacting; it is in no list."""
    interaction = await desk.command()
    made = await desk.answer(interaction, 4, {"content": "psst", "flags": 64})
    message = made.body["resource"]["message"]
    path = f"/channels/{message['channel_id']}/messages/{message['id']}"
    for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/reactions/❌/@me")):
        body = {"content": "x"} if method == "PATCH" else None
        refused = await desk.rest(method, path + rest, body)
        assert (refused.status, refused.code) == (404, 10008)
    listed = await desk.rest("GET", f"/channels/{message['channel_id']}/messages")
    assert listed.body == []
    reply = await desk.rest.post(content="x", message_reference={"message_id": message["id"]})
    assert reply.complaints == {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"}


async def test_an_answer_has_no_nonce_and_replies_to_nothing(desk: Desk) -> None:
    """Both are fields of a channel's messages; a token's routes do not know them."""
    target = await desk.person.say("alice", "question")
    extra = {"nonce": "n", "enforce_nonce": True, "message_reference": {"message_id": target}}
    interaction = await desk.command()
    made = await desk.answer(interaction, 4, {"content": "one", **extra})
    first = made.body["resource"]["message"]
    second = await desk.webhook("POST", interaction, "", body={"content": "two", **extra})
    assert second.body["id"] != first["id"]
    for message in (first, second.body):
        assert not {"nonce", "message_reference"} & message.keys()
    listed = await desk.rest("GET", f"/channels/{first['channel_id']}/messages")
    assert [message["content"] for message in listed.body] == ["two", "one", "question"]


async def test_mentions_of_an_answer_are_users_only_unless_told_otherwise(desk: Desk) -> None:
    """An interaction's answer pings users by default, nobody with an empty list."""
    text = f"<@{desk.sandbox.world.person('bob').id}> @everyone"  # type: ignore[union-attr]
    silent: dict[str, Any] = {"parse": []}
    for extra, pinged in (({}, ["bob"]), ({"allowed_mentions": silent}, [])):
        made = await desk.answer(await desk.command(), 4, {"content": text, **extra})
        message = made.body["resource"]["message"]
        assert [user["username"] for user in message["mentions"]] == pinged
        assert not message["mention_everyone"]

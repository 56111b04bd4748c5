"""Registering commands, and what a member's client lets through when using them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.discord.control.client import RefusedError, file
from sandbox.discord.ids import ALICE_ID, APPLICATION_ID, BOB_ID, GUILD_ID, MOD_ROLE_ID

if TYPE_CHECKING:
    from rest_caller import RestCaller

    from sandbox.discord.control.client import ControlClient
    from sandbox.discord.server import DiscordSandbox

COMMANDS = f"/applications/{APPLICATION_ID}/commands"
GUILD_COMMANDS = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"


def command(name: str = "go", **more: Any) -> dict[str, Any]:
    """Return a typed command."""
    return {"name": name, "description": "Go", **more}


def option(kind: int = 3, name: str = "o", **more: Any) -> dict[str, Any]:
    """Return an option."""
    return {"type": kind, "name": name, "description": "d", **more}


CHOICE = {"name": "A", "value": "a"}


@pytest.mark.parametrize(
    ("commands", "complaints"),
    [
        ([command("Go")], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
        ([command("go now")], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
        ([command("g" * 33)], {"0.name": "BASE_TYPE_BAD_LENGTH"}),
        ([command(description="")], {"0.description": "BASE_TYPE_REQUIRED"}),
        ([command(description="d" * 101)], {"0.description": "BASE_TYPE_MAX_LENGTH"}),
        ([command(), command()], {"": "APPLICATION_COMMANDS_DUPLICATE_NAME"}),
        ([command(f"n{n}") for n in range(101)], {"": "APPLICATION_COMMAND_TOO_MANY"}),
        (
            [{"name": f"Menu {n}", "type": 3} for n in range(16)],
            {"": "APPLICATION_COMMAND_TOO_MANY"},
        ),
        (
            [{"name": "Menu", "type": 3, "description": "d"}],
            {"0.description": "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED"},
        ),
        (
            [command(name_localizations={"xx": "go"})],
            {"0.name_localizations.xx": "BASE_TYPE_CHOICES"},
        ),
        (
            [command(name_localizations={"ru": "Вперёд"})],
            {"0.name_localizations.ru": "APPLICATION_COMMAND_INVALID_NAME"},
        ),
        ([command(contexts=[3])], {"0.contexts.0": "BASE_TYPE_CHOICES"}),
        (
            [command(options=[option(name=f"o{n}") for n in range(26)])],
            {"0.options": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            [command(options=[option(), option()])],
            {"0.options.1": "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"},
        ),
        (
            [command(options=[option(), option(name="p", required=True)])],
            {"0.options.1": "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
        ),
        ([command(options=[option(12)])], {"0.options.0.type": "BASE_TYPE_CHOICES"}),
        (
            [command(options=[option(max_length=6001)])],
            {"0.options.0.max_length": "NUMBER_TYPE_MAX"},
        ),
        (
            [command(options=[option(min_length=5, max_length=4)])],
            {"0.options.0.max_length": "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID"},
        ),
        (
            [command(options=[option(5, max_length=4)])],
            {"0.options.0.max_length": "APPLICATION_COMMAND_OPTIONS_FIELD_INVALID"},
        ),
        (
            [command(options=[option(autocomplete=True, choices=[CHOICE])])],
            {"0.options.0.choices": "APPLICATION_COMMAND_OPTIONS_FIELD_INVALID"},
        ),
        (
            [command(options=[option(4, choices=[CHOICE])])],
            {"0.options.0.choices.0.value": "NUMBER_TYPE_COERCE"},
        ),
        (
            [command(options=[option(1, "sub"), option()])],
            {"0.options": "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"},
        ),
        (
            [command(options=[option(2, "group", options=[option()])])],
            {"0.options.0": "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"},
        ),
        (
            [
                command(
                    options=[
                        option(
                            choices=[
                                {"name": "n" * 100, "value": "v" * 80 + str(n)} for n in range(25)
                            ],
                            name=f"o{m}",
                        )
                        for m in range(2)
                    ]
                )
            ],
            {"0": "APPLICATION_COMMAND_TOO_LARGE"},
        ),
    ],
)
async def test_command_limits(
    rest: RestCaller, commands: list[Any], complaints: dict[str, str]
) -> None:
    """Each limit is complained of at its place, and nothing is registered."""
    refused = await rest("PUT", COMMANDS, commands)
    assert (refused.status, refused.code) == (400, 50035)
    assert refused.complaints == complaints
    assert (await rest("GET", COMMANDS)).body == []


async def test_registering_keeps_ids_and_changes_versions(rest: RestCaller) -> None:
    """A known name keeps its id; its version moves only when it changed."""
    first = (await rest("PUT", COMMANDS, [command(), command("other")])).body
    again = (await rest("PUT", COMMANDS, [command(), command("new")])).body
    assert again[0] == first[0]
    changed = (await rest("PUT", COMMANDS, [command(description="Run")])).body
    assert changed[0]["id"] == first[0]["id"]
    assert int(changed[0]["version"]) > int(first[0]["version"])
    assert len((await rest("GET", COMMANDS)).body) == 1


async def test_commands_one_by_one(rest: RestCaller) -> None:
    """A command can be made, read and deleted alone; the guild has its own list."""
    made = await rest("POST", COMMANDS, command())
    assert made.status == 201
    path = f"{COMMANDS}/{made.body['id']}"
    assert (await rest("GET", path)).body == made.body
    assert (await rest("DELETE", path)).status == 204
    missing = await rest("GET", path)
    assert (missing.status, missing.code) == (404, 10063)
    local = (await rest("PUT", GUILD_COMMANDS, [command("local")])).body[0]
    assert local["guild_id"] == str(GUILD_ID)
    permissions = await rest("GET", f"{GUILD_COMMANDS}/{local['id']}/permissions")
    assert permissions.body["permissions"] == []
    foreign = await rest("PUT", f"/applications/{ALICE_ID}/commands", [])
    assert foreign.status == 403


async def test_only_200_creates_a_day(rest: RestCaller, person: ControlClient) -> None:
    """Known names are free, new ones count; beyond 200 it is 30034."""
    await person.post("/settings", rate_limits=False)
    for batch in ("a", "b"):
        names = [command(f"{batch}{n}") for n in range(100)]
        assert (await rest("PUT", COMMANDS, names)).status == 200
    assert (await rest("PUT", COMMANDS, names)).status == 200
    refused = await rest("PUT", COMMANDS, [command("more")])
    assert (refused.status, refused.code) == (400, 30034)


FULL = command(
    options=[
        option(3, "text", required=True, min_length=2, max_length=5),
        option(3, "pick", choices=[CHOICE]),
        option(4, "count", min_value=1, max_value=9),
        option(10, "ratio"),
        option(5, "flag"),
        option(6, "who"),
        option(7, "where"),
        option(8, "role"),
        option(11, "file"),
    ],
    contexts=[0],
)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "required"),
        ({"text": "a"}, "length 1, the least is 2"),
        ({"text": "abcdef"}, "length 6, the most is 5"),
        ({"text": 5}, "type STRING"),
        ({"text": "abc", "other": 1}, "no option 'other'"),
        ({"text": "abc", "pick": "b"}, "one of"),
        ({"text": "abc", "count": 10}, "the most is 9"),
        ({"text": "abc", "count": True}, "type INTEGER"),
        ({"text": "abc", "flag": "yes"}, "type BOOLEAN"),
        ({"text": "abc", "who": "nobody"}, "none of the users"),
        ({"text": "abc", "file": "x"}, "takes a file"),
    ],
)
async def test_what_a_client_does_not_let_through(
    rest: RestCaller, person: ControlClient, options: dict[str, Any], reason: str
) -> None:
    """A person cannot send what their client refuses."""
    await rest("PUT", COMMANDS, [FULL])
    with pytest.raises(RefusedError, match=reason):
        await person.command("alice", "go", options=options)


async def test_a_client_speaks_a_language_that_discord_has(
    rest: RestCaller, person: ControlClient
) -> None:
    await rest("PUT", COMMANDS, [command()])
    with pytest.raises(RefusedError, match="speaks"):
        await person.command("alice", "go", locale="x")
    with pytest.raises(RefusedError, match="unknown keys: language"):
        await person.command("alice", "go", language="de")


async def test_hostile_client_sends_what_it_likes(
    rest: RestCaller, person: ControlClient, sandbox: DiscordSandbox
) -> None:
    """``unchecked`` skips the client's checks, so that the bot's own can be tested."""
    await rest("PUT", COMMANDS, [FULL])
    options = {"text": "x" * 1996, "strange": 1}
    number = await person.command("alice", "go", options=options, unchecked=True)
    sent = sandbox.world.interactions[int(number)].data["options"]
    assert sent == [
        {"name": "text", "type": 3, "value": "x" * 1996},
        {"name": "strange", "type": 4, "value": 1},
    ]


async def test_resolved_people_places_and_files(
    rest: RestCaller, person: ControlClient, sandbox: DiscordSandbox
) -> None:
    """People, channels, roles and files come along whole."""
    await rest("PUT", COMMANDS, [FULL])
    options = {"text": "abc", "who": "bob", "where": "general", "role": "mod", "ratio": 0.5}
    files = {"file": file("a.heic", b"data", size=600_000_000, width=9000, height=1)}
    number = await person.command("alice", "go", options=options, files=files)
    resolved = sandbox.world.interactions[int(number)].data["resolved"]
    assert resolved["users"][str(BOB_ID)]["username"] == "bob"
    assert resolved["members"][str(BOB_ID)]["roles"]
    assert resolved["roles"][str(MOD_ROLE_ID)]["name"] == "mod"
    [channel] = resolved["channels"].values()
    assert channel["name"] == "general"
    [attachment] = resolved["attachments"].values()
    assert (attachment["size"], attachment["width"]) == (600_000_000, 9000)
    assert attachment["content_type"] == "image/heic"


@pytest.mark.parametrize(
    ("who", "channel", "name", "reason"),
    [
        ("alice", "text", "stop", "no command"),
        ("alice", "text", "go sub", "no sub-command"),
        ("alice", "dm", "go", "not offered in this kind"),
        ("nobody", "text", "go", "nobody is called"),
        ("bot", "text", "go", "by itself"),
        ("bob", "1100000000000000033", "go", "cannot see"),
    ],
)
async def test_commands_that_are_not_offered(
    rest: RestCaller, person: ControlClient, who: str, channel: str, name: str, reason: str
) -> None:
    """A person is not offered what is not registered, not meant for the place, or not theirs."""
    await rest("PUT", COMMANDS, [FULL])
    with pytest.raises(RefusedError, match=reason):
        await person.command(who, name, channel=channel, options={"text": "abc"})


async def test_member_without_the_permission_cannot_use_commands(
    rest: RestCaller, person: ControlClient
) -> None:
    """Use Application Commands counts for the member, the bot's presence for everybody."""
    await rest("PUT", COMMANDS, [FULL])
    denied = ["USE_APPLICATION_COMMANDS"]
    await person.post("/permissions", who="bob", channel="text", deny=denied)
    with pytest.raises(RefusedError, match="may not use commands"):
        await person.command("bob", "go", options={"text": "abc"})
    await person.post("/guild", action="kick_bot")
    with pytest.raises(RefusedError, match="not in this guild"):
        await person.command("alice", "go", options={"text": "abc"})

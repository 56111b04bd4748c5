"""What a command must look like to be registered (docs: interactions/application-commands)."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sandbox.discord.commands.locales import LOCALES
from sandbox.discord.shapes import (
    Choice,
    Complaints,
    Flag,
    Integer,
    ListOf,
    MapOf,
    Number,
    Path,
    Record,
    Scalar,
    Snowflake,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

MAX_OPTIONS = 25
MAX_COMMAND_TEXT = 8000
MAX_OPTION_TEXT = 6000
NAME = re.compile(r"[\w'-]{1,32}")


class CommandType(IntEnum):
    """Where a command is found: typed, on a person, on a message."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class OptionType(IntEnum):
    """What an option holds."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


MAX_COMMANDS = {CommandType.CHAT_INPUT: 100, CommandType.USER: 15, CommandType.MESSAGE: 15}
NESTING = (OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP)
CHOOSABLE = (OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER)

_NAMES = MapOf(LOCALES, Text(32, 1))
_DESCRIPTIONS = MapOf(LOCALES, Text(100, 1))
_CHOICE = Record(
    {
        "name": Text(100, 1),
        "name_localizations": MapOf(LOCALES, Text(100, 1)),
        "value": Scalar(),
    },
    frozenset({"name", "value"}),
)
_OPTION = Record(
    {
        "type": Choice(tuple(OptionType)),
        "name": Text(32, 1),
        "name_localizations": _NAMES,
        "description": Text(100, 1),
        "description_localizations": _DESCRIPTIONS,
        "required": Flag(),
        "choices": ListOf(_CHOICE, MAX_OPTIONS),
        "options": ListOf(Record({}), MAX_OPTIONS),
        "channel_types": ListOf(Integer(0, 16), 17),
        "min_value": Number(),
        "max_value": Number(),
        "min_length": Integer(0, MAX_OPTION_TEXT),
        "max_length": Integer(1, MAX_OPTION_TEXT),
        "autocomplete": Flag(),
    },
    frozenset({"type", "name", "description"}),
)
_COMMAND = Record(
    {
        "id": Snowflake(),
        "type": Choice(tuple(CommandType)),
        "name": Text(32, 1),
        "name_localizations": _NAMES,
        "description": Text(100),
        "description_localizations": _DESCRIPTIONS,
        "options": ListOf(_OPTION, MAX_OPTIONS),
        "default_member_permissions": Snowflake(),
        "dm_permission": Flag(),
        "contexts": ListOf(Choice((0, 1, 2)), 3, 1),
        "integration_types": ListOf(Choice((0, 1)), 2, 1),
        "nsfw": Flag(),
    },
    frozenset({"name"}),
)
_COMMANDS = ListOf(_COMMAND, sum(MAX_COMMANDS.values()))


def check(commands: Any) -> None:
    """Refuse a list of commands that breaks Discord's rules."""
    complaints = Complaints()
    _COMMANDS.check(commands, (), complaints)
    complaints.refuse()
    for index, command in enumerate(commands):
        _check_command(command, (index,), complaints)
    _check_counts(commands, complaints)
    complaints.refuse()


def kind_of(command: Json) -> CommandType:
    """Return a command's type; typed commands are the default."""
    return CommandType(command.get("type") or CommandType.CHAT_INPUT)


def _check_counts(commands: Sequence[Json], complaints: Complaints) -> None:
    for kind, most in MAX_COMMANDS.items():
        names = [command["name"] for command in commands if kind_of(command) is kind]
        if len(names) > most:
            complaints.add(
                (), "APPLICATION_COMMAND_TOO_MANY", f"At most {most} commands of type {int(kind)}"
            )
        if len(names) != len(set(names)):
            complaints.add(
                (),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )


def _check_command(command: Json, path: Path, complaints: Complaints) -> None:
    description = command.get("description") or ""
    if kind_of(command) is CommandType.CHAT_INPUT:
        _check_names(command, path, complaints)
        if not description:
            complaints.add((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        _check_options(command.get("options") or (), (*path, "options"), complaints, depth=0)
    elif description or command.get("options"):
        complaints.add(
            (*path, "description"),
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_ALLOWED",
            "Context menu commands cannot have description",
        )
    if _text_size(command) > MAX_COMMAND_TEXT:
        complaints.add(
            path,
            "APPLICATION_COMMAND_TOO_LARGE",
            f"Command exceeds maximum size ({MAX_COMMAND_TEXT})",
        )


def _check_names(item: Json, path: Path, complaints: Complaints) -> None:
    names: dict[Path, str] = {("name",): item["name"]}
    for locale, name in (item.get("name_localizations") or {}).items():
        names["name_localizations", locale] = name
    for place, name in names.items():
        if not NAME.fullmatch(name) or name != name.lower():
            complaints.add(
                (*path, *place),
                "APPLICATION_COMMAND_INVALID_NAME",
                "Command name is invalid",
            )


def _check_options(
    options: Sequence[Json], path: Path, complaints: Complaints, *, depth: int
) -> None:
    names = [option["name"] for option in options]
    optional_seen = False
    for index, option in enumerate(options):
        here = (*path, index)
        _check_names(option, here, complaints)
        if option["name"] in names[:index]:
            complaints.add(
                here,
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                "Option name already exists on this command",
            )
        if option.get("required") and optional_seen:
            complaints.add(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        kind = OptionType(option["type"])
        optional_seen = optional_seen or not option.get("required")
        _check_fields(option, kind, here, complaints)
        if kind in NESTING:
            _check_nested(option, kind, here, complaints, depth=depth)
    nested = [OptionType(option["type"]) in NESTING for option in options]
    if any(nested) and not all(nested):
        complaints.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-commands and other options are mutually exclusive",
        )


def _check_nested(
    option: Json, kind: OptionType, path: Path, complaints: Complaints, *, depth: int
) -> None:
    inner = option.get("options") or []
    ListOf(_OPTION, MAX_OPTIONS).check(inner, (*path, "options"), complaints)
    complaints.refuse()
    wrong_depth = kind is OptionType.SUB_COMMAND_GROUP and depth > 0
    wrong_child = kind is OptionType.SUB_COMMAND_GROUP and any(
        child["type"] != OptionType.SUB_COMMAND for child in inner
    )
    too_deep = kind is OptionType.SUB_COMMAND and any(child["type"] in NESTING for child in inner)
    if wrong_depth or wrong_child or too_deep:
        complaints.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command option types cannot be nested like this",
        )
    _check_options(inner, (*path, "options"), complaints, depth=depth + 1)


def _check_fields(option: Json, kind: OptionType, path: Path, complaints: Complaints) -> None:
    """Note fields that this type of option does not have, and limits that cross."""
    wrong = {
        "choices": kind not in CHOOSABLE or bool(option.get("autocomplete")),
        "autocomplete": kind not in CHOOSABLE,
        "min_length": kind is not OptionType.STRING,
        "max_length": kind is not OptionType.STRING,
        "min_value": kind not in (OptionType.INTEGER, OptionType.NUMBER),
        "max_value": kind not in (OptionType.INTEGER, OptionType.NUMBER),
        "channel_types": kind is not OptionType.CHANNEL,
        "options": kind not in NESTING,
    }
    for name, is_wrong in wrong.items():
        if is_wrong and option.get(name):
            complaints.add(
                (*path, name),
                "APPLICATION_COMMAND_OPTIONS_FIELD_INVALID",
                f"An option of type {int(kind)} cannot have {name} here",
            )
    for low, high in (("min_length", "max_length"), ("min_value", "max_value")):
        if None not in (option.get(low), option.get(high)) and option[low] > option[high]:
            complaints.add(
                (*path, high),
                "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID",
                f"{high} must be at least {low}",
            )
    for index, choice in enumerate(option.get("choices") or ()):
        is_text = isinstance(choice["value"], str)
        if is_text != (kind is OptionType.STRING):
            complaints.add(
                (*path, "choices", index, "value"),
                "NUMBER_TYPE_COERCE" if is_text else "STRING_TYPE_CONVERT",
                "The value does not fit the option's type",
            )
        elif is_text:
            Text(100, 1).check(choice["value"], (*path, "choices", index, "value"), complaints)


def _text_size(item: Json) -> int:
    """Return the size Discord counts: names, descriptions and choice values, at their longest."""
    size = sum(
        max(map(len, (item.get(key) or "", *(item.get(f"{key}_localizations") or {}).values())))
        for key in ("name", "description")
    )
    for choice in item.get("choices") or ():
        size += len(choice["name"]) + len(str(choice["value"]))
    return size + sum(_text_size(option) for option in item.get("options") or ())

"""Filling in a command: what a member's client lets through, and what it then sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments, payloads
from sandbox.discord.commands.forms import MAX_OPTION_TEXT, NESTING, CommandType, OptionType
from sandbox.discord.control.errors import ControlError
from sandbox.discord.permissions import Permission

if TYPE_CHECKING:
    from sandbox.discord.commands.registry import Command
    from sandbox.discord.control.request import FileSpec
    from sandbox.discord.entities import Channel, User
    from sandbox.discord.world import World

Json = dict[str, Any]

LARGEST_INTEGER = 2**53
IN_GUILD, IN_DM = 0, 1


def find(
    world: World, name: str, kind: CommandType, user: User, channel: Channel
) -> tuple[Command, list[str]]:
    """Return a command this member is offered here, and the sub-command's words after it."""
    for command in world.commands.values():
        words: list[str] = []
        if command.name != name:
            first, *words = name.split(" ")
            if kind is not CommandType.CHAT_INPUT or command.name != first:
                continue
        if command.kind is kind:
            refuse_unoffered(world, command, user, channel)
            return command, words
    raise ControlError(f"no command is called {name!r}")


@dataclass(slots=True)
class Filling:
    """The options of one use of a command, as the client would send them.

    ``unchecked`` is a hostile client: it sends what it likes.
    """

    world: World
    values: Json
    files: dict[str, FileSpec]
    unchecked: bool = False
    focused: str | None = None
    resolved: dict[str, Json] = field(default_factory=dict)

    async def data(self, command: Command, words: list[str]) -> Json:
        """Return the interaction data."""
        body: Json = {"id": str(command.id), "name": command.name, "type": int(command.kind)}
        if command.guild_id is not None:
            body["guild_id"] = str(command.guild_id)
        options = await self._options(command.options, words)
        if options:
            body["options"] = options
        if self.resolved:
            body["resolved"] = self.resolved
        return body

    async def _options(self, declared: list[Json], words: list[str]) -> list[Json]:
        nested = [option for option in declared if option["type"] in NESTING]
        if nested:
            for option in nested:
                if words and option["name"] == words[0]:
                    inner = await self._options(option.get("options") or [], words[1:])
                    return [{"name": option["name"], "type": option["type"], "options": inner}]
            raise ControlError(f"no sub-command is called {' '.join(words)!r}")
        if words:
            raise ControlError(f"no sub-command is called {' '.join(words)!r}")
        return await self._leaf(declared)

    async def _leaf(self, declared: list[Json]) -> list[Json]:
        known = {option["name"] for option in declared}
        strange = [name for name in (*self.values, *self.files) if name not in known]
        if strange and not self.unchecked:
            raise ControlError(f"the command has no option {strange[0]!r}")
        sent = [await self._option(option) for option in declared if self._is_given(option)]
        sent += [_guess(name, self.values[name]) for name in strange if name in self.values]
        return sent

    def _is_given(self, option: Json) -> bool:
        name = option["name"]
        if name in self.files or self.values.get(name) is not None:
            return True
        is_typing = self.focused is not None
        if option.get("required") and not self.unchecked and not is_typing:
            raise ControlError(f"the option {name!r} is required")
        return False

    async def _option(self, option: Json) -> Json:
        name, kind = option["name"], OptionType(option["type"])
        if name == self.focused:
            if not option.get("autocomplete") and not self.unchecked:
                raise ControlError(f"the option {name!r} has no autocomplete")
            return {"name": name, "type": int(kind), "value": self.values[name], "focused": True}
        if kind is OptionType.ATTACHMENT:
            value: Any = await self._attach(name)
        elif kind in _RESOLVERS:
            value = self._resolve(name, kind)
        else:
            value = self.values[name]
            if not self.unchecked:
                _check_value(option, kind, value)
        return {"name": name, "type": int(kind), "value": value}

    async def _attach(self, name: str) -> str:
        if name not in self.files:
            raise ControlError(f"the option {name!r} takes a file")
        attachment = await self.files[name].store(self.world)
        stored = self.resolved.setdefault("attachments", {})
        stored[str(attachment.id)] = attachments.render(self.world, attachment)
        return str(attachment.id)

    def _resolve(self, name: str, kind: OptionType) -> str:
        return resolve(self.world, self.values[name], _RESOLVERS[kind], self.resolved)


_RESOLVERS = {
    OptionType.USER: ("users",),
    OptionType.CHANNEL: ("channels",),
    OptionType.ROLE: ("roles",),
    OptionType.MENTIONABLE: ("users", "roles"),
}


def resolve(world: World, value: Any, groups: tuple[str, ...], resolved: dict[str, Json]) -> str:
    """Return the id of a person, role or channel, adding the object to ``resolved``."""
    user = world.person(str(value)) if "users" in groups else None
    if user is not None:
        resolved.setdefault("users", {})[str(user.id)] = payloads.user(user)
        member = world.guild.members.get(user.id)
        if member is not None:
            fields = payloads.member(member, with_user=False)
            resolved.setdefault("members", {})[str(user.id)] = fields
        return str(user.id)
    for role in world.guild.roles.values() if "roles" in groups else ():
        if str(value) in (role.name, str(role.id)):
            resolved.setdefault("roles", {})[str(role.id)] = payloads.role(role)
            return str(role.id)
    for channel in world.guild.channels.values() if "channels" in groups else ():
        if str(value) in (channel.name, str(channel.id)):
            shown = payloads.channel(channel, world.guild.id) | {"permissions": "0"}
            resolved.setdefault("channels", {})[str(channel.id)] = shown
            return str(channel.id)
    raise ControlError(f"{value!r} is none of the {' or '.join(groups)}")


def refuse_unoffered(world: World, command: Command, user: User, channel: Channel) -> None:
    """Refuse a command that a client does not show to this member here."""
    contexts = command.body.get("contexts")
    here = IN_DM if channel.is_dm else IN_GUILD
    if contexts is not None and here not in contexts:
        raise ControlError(f"{command.name!r} is not offered in this kind of channel")
    if channel.is_dm:
        if command.guild_id is not None or command.body.get("dm_permission") is False:
            raise ControlError(f"{command.name!r} is not offered in direct messages")
        return
    if not world.bot_in_guild:
        raise ControlError("the bot is not in this guild")
    may = world.permissions_of(user, channel)
    if not may & Permission.USE_APPLICATION_COMMANDS:
        raise ControlError(f"{user.username} may not use commands here")
    needed = int(command.body.get("default_member_permissions") or 0)
    if needed & ~int(may):
        raise ControlError(f"{command.name!r} is not offered to {user.username}")


def _check_value(option: Json, kind: OptionType, value: Any) -> None:
    name = option["name"]
    fits = {
        OptionType.STRING: isinstance(value, str),
        OptionType.INTEGER: isinstance(value, int) and not isinstance(value, bool),
        OptionType.NUMBER: isinstance(value, int | float) and not isinstance(value, bool),
        OptionType.BOOLEAN: isinstance(value, bool),
    }
    if not fits[kind]:
        raise ControlError(f"the option {name!r} must be of type {kind.name}, not {value!r}")
    choices = [choice["value"] for choice in option.get("choices") or ()]
    if choices and value not in choices:
        raise ControlError(f"the option {name!r} must be one of {choices}")
    if isinstance(value, str):
        _check_range(name, "length", len(value), option.get("min_length"), _longest(option))
    elif kind is OptionType.INTEGER and not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        raise ControlError(f"the option {name!r} is no integer a client can send")
    elif kind is not OptionType.BOOLEAN:
        _check_range(name, "value", value, option.get("min_value"), option.get("max_value"))


def _longest(option: Json) -> int:
    return option.get("max_length") or MAX_OPTION_TEXT


def _check_range(
    name: str, measure: str, found: float, least: float | None, most: float | None
) -> None:
    if least is not None and found < least:
        raise ControlError(f"the option {name!r} has {measure} {found}, the least is {least}")
    if most is not None and found > most:
        raise ControlError(f"the option {name!r} has {measure} {found}, the most is {most}")


def _guess(name: str, value: Any) -> Json:
    kinds = {bool: OptionType.BOOLEAN, int: OptionType.INTEGER, float: OptionType.NUMBER}
    return {"name": name, "type": int(kinds.get(type(value), OptionType.STRING)), "value": value}

"""The commands the bot registered, and the routes it registers them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.discord import ratelimits
from sandbox.discord.commands import forms
from sandbox.discord.errors import DiscordError
from sandbox.discord.ids import APPLICATION_ID
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route

if TYPE_CHECKING:
    from sandbox.discord.commands.forms import CommandType
    from sandbox.discord.world import World

Json = dict[str, Any]

MAX_CREATES = 200


@dataclass(slots=True)
class Command:
    """A registered command; ``guild_id`` None means everywhere."""

    id: int
    version: int
    kind: CommandType
    body: Json
    guild_id: int | None = None

    @property
    def name(self) -> str:
        """Return the name a member types or picks."""
        return self.body["name"]

    @property
    def options(self) -> list[Json]:
        """Return the declared options."""
        return self.body.get("options") or []


async def list_commands(call: Call) -> Answer:
    """Show the registered commands."""
    return Answer([render(item) for item in _registered(call.world, _scope(call))])


async def replace_commands(call: Call) -> Answer:
    """Register exactly these commands; known names keep their id."""
    world, scope = call.world, _scope(call)
    forms.check(call.body)
    before = {(item.kind, item.name): item for item in _registered(world, scope)}
    fresh = [_command(world, body, before, scope) for body in call.body]
    world.command_creates += sum(item.id not in world.commands for item in fresh)
    if world.command_creates > MAX_CREATES:
        raise DiscordError(30034)
    for item in before.values():
        del world.commands[item.id]
    world.commands.update({item.id: item for item in fresh})
    world.touch()
    return Answer([render(item) for item in fresh])


async def create_command(call: Call) -> Answer:
    """Register one command more, or change the one of that name."""
    world, scope = call.world, _scope(call)
    before = {(item.kind, item.name): item for item in _registered(world, scope)}
    forms.check([call.body])
    item = _command(world, call.body, before, scope)
    is_new = item.id not in world.commands
    world.commands[item.id] = item
    world.command_creates += is_new
    world.touch()
    return Answer(render(item), 201 if is_new else 200)


async def get_command(call: Call) -> Answer:
    """Show one command."""
    return Answer(render(_find(call)))


async def delete_command(call: Call) -> Answer:
    """Forget one command."""
    del call.world.commands[_find(call).id]
    call.world.touch()
    return NO_CONTENT


async def get_permissions(call: Call) -> Answer:
    """Show who may use a command; nobody ever changed that here."""
    command = _find(call)
    return Answer(
        {
            "id": str(command.id),
            "application_id": str(APPLICATION_ID),
            "guild_id": str(call.world.guild.id),
            "permissions": [],
            "version": str(command.version),
        }
    )


def _scope(call: Call) -> int | None:
    if call.id("application_id") != APPLICATION_ID:
        raise DiscordError(20012)
    if "guild_id" not in call.params:
        return None
    if call.id("guild_id") != call.world.guild.id or not call.world.bot_in_guild:
        raise DiscordError(50001)
    return call.world.guild.id


def _registered(world: World, scope: int | None) -> list[Command]:
    return [item for item in world.commands.values() if item.guild_id == scope]


def _find(call: Call) -> Command:
    scope = _scope(call)
    command = call.world.commands.get(call.id("command_id"))
    if command is None or command.guild_id not in (scope, None):
        raise DiscordError(10063)
    return command


def _command(
    world: World, body: Json, before: dict[tuple[CommandType, str], Command], scope: int | None
) -> Command:
    kind = forms.kind_of(body)
    known = before.get((kind, body["name"]))
    if known is not None and known.body == body:
        return known
    version = world.snowflakes.next()
    return Command(known.id if known else version, version, kind, body, scope)


def render(command: Command) -> Json:
    """Return a command object."""
    body = command.body
    permissions = body.get("default_member_permissions")
    rendered: Json = {
        "id": str(command.id),
        "application_id": str(APPLICATION_ID),
        "version": str(command.version),
        "type": int(command.kind),
        "name": command.name,
        "name_localizations": body.get("name_localizations"),
        "description": body.get("description") or "",
        "description_localizations": body.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": body.get("dm_permission", True) is not False,
        "integration_types": body.get("integration_types") or [0],
        "contexts": body.get("contexts"),
        "nsfw": bool(body.get("nsfw")),
    }
    if command.options:
        rendered["options"] = [_render_option(option) for option in command.options]
    if command.guild_id is not None:
        rendered["guild_id"] = str(command.guild_id)
    return rendered


def _render_option(option: Json) -> Json:
    kept = {key: value for key, value in option.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_render_option(inner) for inner in kept["options"]]
    return kept


def _routes(base: str) -> tuple[Route, ...]:
    return (
        Route("GET", base, list_commands),
        Route("PUT", base, replace_commands, ratelimits.COMMANDS),
        Route("POST", base, create_command, ratelimits.COMMANDS),
        Route("GET", base + "/{command_id}", get_command),
        Route("DELETE", base + "/{command_id}", delete_command, ratelimits.COMMANDS),
    )


_GLOBAL = "/applications/{application_id}/commands"
_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
ROUTES = (
    *_routes(_GLOBAL),
    *_routes(_GUILD),
    Route("GET", _GUILD + "/{command_id}/permissions", get_permissions),
)

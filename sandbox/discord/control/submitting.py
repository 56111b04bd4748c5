"""Using components and modals: what a member's client lets through, and what it then sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments
from sandbox.discord.control.errors import ControlError
from sandbox.discord.control.filling import resolve
from sandbox.discord.interactions import modals
from sandbox.discord.messages import media
from sandbox.discord.messages.palette import Kind

if TYPE_CHECKING:
    from sandbox.discord.control.request import FileSpec
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World

Json = dict[str, Any]

ENTITY_GROUPS = {
    Kind.USER_SELECT: ("users",),
    Kind.ROLE_SELECT: ("roles",),
    Kind.MENTIONABLE_SELECT: ("users", "roles"),
    Kind.CHANNEL_SELECT: ("channels",),
}
OPTION_LISTS = (Kind.STRING_SELECT, Kind.CHECKBOX_GROUP)


def component_data(
    world: World,
    message: Message,
    custom_id: str,
    values: list[str],
    *,
    unchecked: bool = False,
) -> Json:
    """Return the data of a click or a choice; ``unchecked`` may be of what is not there."""
    if unchecked:
        kind = Kind.STRING_SELECT if values else Kind.BUTTON
        chosen: Json = {"values": values} if values else {}
        return {"custom_id": custom_id, "component_type": int(kind), "id": 1, **chosen}
    for component in media.walk(message.components):
        if component.get("custom_id") == custom_id:
            break
    else:
        raise ControlError(f"the message has no component {custom_id!r}")
    if component.get("disabled"):
        raise ControlError(f"the component {custom_id!r} is disabled")
    kind = component["type"]
    data: Json = {"custom_id": custom_id, "component_type": kind, "id": component["id"]}
    if kind == Kind.BUTTON:
        if values:
            raise ControlError("a button takes no values")
        return data
    resolved: dict[str, Json] = {}
    data["values"] = _chosen(world, component, values, resolved, required=True)
    return {**data, "resolved": resolved} if resolved else data


class ModalForm:
    """A modal being filled in: given values, prefilled ones where nothing was typed.

    ``unchecked`` is a hostile client: texts and choices go as they were given.
    """

    def __init__(
        self,
        world: World,
        modal: Json,
        values: Json,
        files: dict[str, list[FileSpec]],
        *,
        unchecked: bool = False,
    ) -> None:
        self._unchecked = unchecked
        self._world = world
        self._modal = modal
        self._values = values
        self._files = files
        self._resolved: dict[str, Json] = {}

    async def data(self) -> Json:
        """Return the data of the submission."""
        known = modals.fields(self._modal)
        for name in (*self._values, *self._files):
            if name not in known:
                raise ControlError(f"the modal has no field {name!r}")
        body: Json = {
            "custom_id": self._modal["custom_id"],
            "components": [await self._filled(item) for item in self._modal["components"]],
        }
        return {**body, "resolved": self._resolved} if self._resolved else body

    async def _filled(self, component: Json) -> Json:
        kept: Json = {"type": component["type"], "id": component["id"]}
        if "component" in component:
            kept["component"] = await self._filled(component["component"])
        elif "components" in component:
            kept["components"] = [await self._filled(item) for item in component["components"]]
        elif "custom_id" in component:
            kept["custom_id"] = component["custom_id"]
            kept |= await self._answer(component)
        return kept

    async def _answer(self, field: Json) -> Json:
        kind, name = field["type"], field["custom_id"]
        given = self._values.get(name)
        if self._unchecked and given is not None:
            return {"values" if isinstance(given, list) else "value": given}
        if kind == Kind.TEXT_INPUT:
            return {"value": _text(field, field.get("value") or "" if given is None else given)}
        if kind == Kind.CHECKBOX:
            return {"value": bool(field.get("default")) if given is None else _flag(name, given)}
        if kind == Kind.RADIO_GROUP:
            return {"value": _radio(field, given)}
        if kind == Kind.FILE_UPLOAD:
            return {"values": await self._upload(field)}
        required = field.get("required") is not False
        chosen = _defaults(field) if given is None else given
        values = _chosen(self._world, field, chosen, self._resolved, required=required)
        return {"values": values}

    async def _upload(self, field: Json) -> list[str]:
        files = self._files.get(field["custom_id"], [])
        _check_count(field, len(files), required=field.get("required") is not False)
        stored = [await item.store(self._world) for item in files]
        group = self._resolved.setdefault("attachments", {}) if stored else {}
        for attachment in stored:
            group[str(attachment.id)] = attachments.render(self._world, attachment)
        return [str(attachment.id) for attachment in stored]


def _text(field: Json, value: Any) -> str:
    name = field["custom_id"]
    if not isinstance(value, str):
        raise ControlError(f"the field {name!r} takes a text")
    if not value:
        if field.get("required") is not False:
            raise ControlError(f"the field {name!r} is required")
        return value
    shortest, longest = field.get("min_length") or 0, field.get("max_length") or modals.MAX_INPUT
    if not shortest <= len(value) <= longest:
        raise ControlError(
            f"the field {name!r} has length {len(value)}, it takes {shortest} to {longest}"
        )
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ControlError(f"the field {name!r} takes true or false")
    return value


def _radio(field: Json, value: Any) -> str | None:
    options = [option["value"] for option in field["options"]]
    if value is None:
        value = next(iter(_defaults(field)), None)
    if value is None and field.get("required") is not False:
        raise ControlError(f"the field {field['custom_id']!r} is required")
    if value is not None and value not in options:
        raise ControlError(f"the field {field['custom_id']!r} has no option {value!r}")
    return value


def _defaults(field: Json) -> list[str]:
    return [option["value"] for option in field.get("options") or () if option.get("default")]


def _chosen(
    world: World, field: Json, values: Any, resolved: dict[str, Json], *, required: bool
) -> list[str]:
    name = field["custom_id"]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ControlError(f"{name!r} takes a list of values, each a text")
    _check_count(field, len(values), required=required)
    if len(values) != len(set(values)):
        raise ControlError(f"{name!r} has a value twice")
    if field["type"] not in OPTION_LISTS:
        groups = ENTITY_GROUPS[field["type"]]
        return [resolve(world, value, groups, resolved) for value in values]
    options = [option["value"] for option in field["options"]]
    for value in values:
        if value not in options:
            raise ControlError(f"{name!r} has no option {value!r}")
    return values


def _check_count(field: Json, count: int, *, required: bool) -> None:
    fewest = field.get("min_values")
    most = field.get("max_values") or len(field.get("options") or ()) or 1
    if field["type"] != Kind.CHECKBOX_GROUP:
        most = field.get("max_values") or 1
    fewest = 1 if fewest is None else fewest
    if count == 0 and not required:
        return
    if not fewest <= count <= most:
        raise ControlError(f"{field['custom_id']!r} takes {fewest} to {most} values, not {count}")

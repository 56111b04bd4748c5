"""Modals: what the bot may ask, and what a member may fill in (docs: components/reference)."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sandbox.discord.messages import media
from sandbox.discord.messages.components import check_select
from sandbox.discord.messages.palette import (
    CUSTOM_ID,
    ENTITY_SELECT_SHAPE,
    SELECTS,
    STRING_SELECT_SHAPE,
    Kind,
)
from sandbox.discord.shapes import (
    Choice,
    Complaints,
    Flag,
    Integer,
    ListOf,
    Path,
    Record,
    Text,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

MAX_TOP_LEVEL = 5
MAX_INPUT = 4000

_ID: dict[str, Any] = {"id": Integer(0, 2**31 - 1)}
_FIELD: dict[str, Any] = {**_ID, "custom_id": CUSTOM_ID, "required": Flag()}
_INPUT_FIELDS: dict[str, Any] = {
    **_FIELD,
    "style": Choice((1, 2)),
    "value": Text(MAX_INPUT),
    "placeholder": Text(100),
    "min_length": Integer(0, MAX_INPUT),
    "max_length": Integer(1, MAX_INPUT),
}
# Inside a row the input names itself; inside a Label the Label does.
_INPUT_IN_ROW = Record(
    {**_INPUT_FIELDS, "label": Text(45, 1)}, frozenset({"custom_id", "style", "label"})
)
_INPUT = Record(_INPUT_FIELDS, frozenset({"custom_id", "style"}))
_OPTION = Record(
    {"label": Text(100, 1), "value": Text(100, 1), "description": Text(100), "default": Flag()},
    frozenset({"label", "value"}),
)
_COUNTED: dict[str, Any] = {**_FIELD, "min_values": Integer(0, 10), "max_values": Integer(1, 10)}
_IN_LABEL = Union(
    {
        Kind.TEXT_INPUT: _INPUT,
        Kind.STRING_SELECT: STRING_SELECT_SHAPE,
        **dict.fromkeys(SELECTS[1:], ENTITY_SELECT_SHAPE),
        Kind.FILE_UPLOAD: Record(_COUNTED, frozenset({"custom_id"})),
        Kind.RADIO_GROUP: Record(
            {**_FIELD, "options": ListOf(_OPTION, 10, 2)}, frozenset({"custom_id", "options"})
        ),
        Kind.CHECKBOX_GROUP: Record(
            {**_COUNTED, "options": ListOf(_OPTION, 10, 1)}, frozenset({"custom_id", "options"})
        ),
        Kind.CHECKBOX: Record({**_FIELD, "default": Flag()}, frozenset({"custom_id"})),
    }
)
_TOP_LEVEL = Union(
    {
        Kind.ROW: Record(
            {**_ID, "components": ListOf(Union({Kind.TEXT_INPUT: _INPUT_IN_ROW}), 1, 1)},
            frozenset({"components"}),
        ),
        Kind.TEXT_DISPLAY: Record({**_ID, "content": Text(4000, 1)}, frozenset({"content"})),
        Kind.LABEL: Record(
            {**_ID, "label": Text(45, 1), "description": Text(100, 1), "component": _IN_LABEL},
            frozenset({"label", "component"}),
        ),
    }
)
SHAPE = Record(
    {
        "custom_id": CUSTOM_ID,
        "title": Text(45, 1),
        "components": ListOf(_TOP_LEVEL, MAX_TOP_LEVEL, 1),
    },
    frozenset({"custom_id", "title", "components"}),
)


def check(given: Any, path: Path) -> Json:
    """Refuse a modal that breaks Discord's limits; return it clean, every component with an id."""
    complaints = Complaints()
    SHAPE.check(given, path, complaints)
    complaints.refuse()
    modal: Json = SHAPE.clean(given)
    seen: set[str] = set()
    for place, field in _placed_fields(modal["components"], (*path, "components")):
        if field["custom_id"] in seen:
            complaints.add(
                (*place, "custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        seen.add(field["custom_id"])
        if field["type"] in SELECTS:
            check_select(field, place, complaints)
            if field.get("disabled"):
                complaints.add(
                    (*place, "disabled"),
                    "SELECT_COMPONENT_DISABLED_IN_MODAL",
                    "A select in a modal cannot be disabled",
                )
        elif field["type"] == Kind.TEXT_INPUT:
            _check_input(field, place, complaints)
    complaints.refuse()
    _number(modal)
    return modal


def _number(modal: Json) -> None:
    """Give every component that has none an id of its own."""
    taken = {item["id"] for item in media.walk(modal["components"]) if item.get("id")}
    free = (number for number in count(1) if number not in taken)
    for component in media.walk(modal["components"]):
        component["id"] = component.get("id") or next(free)


def fields(modal: Json) -> dict[str, Json]:
    """Return a modal's fields by custom id."""
    return {
        item["custom_id"]: item for item in media.walk(modal["components"]) if "custom_id" in item
    }


def _placed_fields(components: Sequence[Json], path: Path) -> list[tuple[Path, Json]]:
    found: list[tuple[Path, Json]] = []
    for index, top in enumerate(components):
        if "component" in top:
            found.append(((*path, index, "component"), top["component"]))
        found += [
            ((*path, index, "components", inner), field)
            for inner, field in enumerate(top.get("components") or ())
        ]
    return found


def _check_input(field: Json, place: Path, complaints: Complaints) -> None:
    shortest, longest = field.get("min_length") or 0, field.get("max_length") or MAX_INPUT
    if longest < shortest:
        complaints.add(
            (*place, "max_length"),
            "TEXT_INPUT_INVALID_LENGTH",
            "max_length must be at least min_length",
        )
    value = field.get("value")
    if value and not shortest <= len(value) <= longest:
        Text(longest, shortest).check(value, (*place, "value"), complaints)

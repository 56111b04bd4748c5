"""What a request body must look like, stated as data, with Discord's own complaints.

A shape checks one JSON value and notes what is wrong at its path. Null and absent mean the same
for optional fields, unknown fields are ignored: both as Discord does. ``clean`` gives a checked
value without either.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from sandbox.discord.errors import invalid_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:")
SNOWFLAKE = re.compile(r"0|[1-9][0-9]{0,19}")


class Complaints:
    """All that is wrong with one body, in the nested form of Discord's ``errors`` key."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note one complaint about the value at ``path``."""
        node = self.tree
        for key in path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def refuse(self) -> None:
        """Raise a 50035 refusal if there is any complaint."""
        if self.tree:
            raise invalid_form(self)


class Shape(Protocol):
    """Anything that can check a JSON value, and clean one it found right."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note what is wrong with ``value``."""
        ...

    def clean(self, value: Any) -> Any:
        """Return a right value without what the shape does not know."""
        ...


class Plain:
    """A shape whose values have no inside to clean."""

    __slots__ = ()

    def clean(self, value: Any) -> Any:
        """Return the value as it is."""
        return value


def require(shape: Shape, value: Any, path: Path = ()) -> None:
    """Refuse ``value`` with 50035 unless it has the shape."""
    complaints = Complaints()
    shape.check(value, path, complaints)
    complaints.refuse()


@dataclass(frozen=True, slots=True)
class Text(Plain):
    """A string within length limits, counted in code points."""

    maximum: int
    minimum: int = 0
    pattern: re.Pattern[str] | None = None

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a wrong type, length or form."""
        if not isinstance(value, str):
            complaints.add(path, "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")
        elif not self.minimum <= len(value) <= self.maximum:
            complaints.add(path, *self._length_complaint())
        elif self.pattern and not self.pattern.fullmatch(value):
            complaints.add(
                path, "STRING_TYPE_REGEX", "String value did not match validation regex."
            )

    def _length_complaint(self) -> tuple[str, str]:
        if self.minimum:
            bounds = f"Must be between {self.minimum} and {self.maximum} in length."
            return "BASE_TYPE_BAD_LENGTH", bounds
        return "BASE_TYPE_MAX_LENGTH", f"Must be {self.maximum} or fewer in length."


@dataclass(frozen=True, slots=True)
class Integer(Plain):
    """A whole number within bounds."""

    minimum: int = -(2**63)
    maximum: int = 2**63 - 1

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a wrong type or size."""
        if isinstance(value, bool) or not isinstance(value, int):
            complaints.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value > self.maximum:
            complaints.add(
                path,
                "NUMBER_TYPE_MAX",
                f"int value should be less than or equal to {self.maximum}.",
            )
        elif value < self.minimum:
            complaints.add(
                path,
                "NUMBER_TYPE_MIN",
                f"int value should be greater than or equal to {self.minimum}.",
            )


@dataclass(frozen=True, slots=True)
class Number(Plain):
    """A number, whole or not."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a wrong type."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            complaints.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not float.')


@dataclass(frozen=True, slots=True)
class Scalar(Plain):
    """A text or a number; which of them, another rule decides."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a value that is neither."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            complaints.add(path, "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string.")


@dataclass(frozen=True, slots=True)
class Flag(Plain):
    """True or false."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a wrong type."""
        if not isinstance(value, bool):
            complaints.add(path, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


@dataclass(frozen=True, slots=True)
class Choice(Plain):
    """One of a few values."""

    values: tuple[int | str, ...]

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a value outside the list."""
        if isinstance(value, bool) or value not in self.values:
            listed = ", ".join(str(choice) for choice in self.values)
            complaints.add(path, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")


@dataclass(frozen=True, slots=True)
class Snowflake(Plain):
    """An id, as a string or (as clients send it) an integer."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note what is no id."""
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not is_number and not (isinstance(value, str) and SNOWFLAKE.fullmatch(value)):
            complaints.add(path, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


@dataclass(frozen=True, slots=True)
class Url(Plain):
    """An address of one of the given schemes, or a reference to a file of the message."""

    maximum: int = 2048
    schemes: tuple[str, ...] = ("http", "https", "attachment")

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a malformed address, a strange scheme or an overlong text."""
        if not isinstance(value, str) or len(value) > self.maximum:
            Text(self.maximum).check(value, path, complaints)
            return
        parts = urlsplit(value)
        if not parts.scheme or not (parts.netloc or parts.path):
            complaints.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        elif parts.scheme not in self.schemes:
            listed = ", ".join(f"'{scheme}'" for scheme in self.schemes)
            complaints.add(
                path,
                "URL_TYPE_INVALID_SCHEME",
                f'Scheme "{parts.scheme}" must be one of ({listed}).',
            )
        elif not parts.netloc:
            complaints.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


@dataclass(frozen=True, slots=True)
class Moment(Plain):
    """A date with a time of day, in ISO 8601."""

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note what is no such text."""
        if isinstance(value, str) and DATE_TIME.match(value):
            with suppress(ValueError):
                datetime.fromisoformat(value)
                return
        complaints.add(path, "DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.")


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of values of one shape, within a length."""

    item: Shape
    maximum: int
    minimum: int = 0

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a wrong type or length, then what is wrong with each item."""
        if not isinstance(value, list):
            complaints.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        if not self.minimum <= len(value) <= self.maximum:
            complaints.add(
                path,
                "BASE_TYPE_BAD_LENGTH",
                f"Must be between {self.minimum} and {self.maximum} in length.",
            )
        for index, item in enumerate(value):
            self.item.check(item, (*path, index), complaints)

    def clean(self, value: Any) -> Any:
        """Return the array of clean items."""
        return [self.item.clean(item) for item in value]


@dataclass(frozen=True, slots=True)
class Record:
    """An object: the shape of each known field, and which must be there."""

    fields: Mapping[str, Shape]
    required: frozenset[str] = field(default_factory=frozenset)

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note missing fields and what is wrong with the others."""
        if not isinstance(value, dict):
            complaints.add(
                path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
            return
        for name, shape in self.fields.items():
            given = value.get(name)
            if given is not None:
                shape.check(given, (*path, name), complaints)
            elif name in self.required:
                complaints.add((*path, name), "BASE_TYPE_REQUIRED", "This field is required")

    def clean(self, value: Any) -> Any:
        """Return the known fields that hold something."""
        given = {name: value.get(name) for name in self.fields}
        return {
            name: self.fields[name].clean(item) for name, item in given.items() if item is not None
        }


@dataclass(frozen=True, slots=True)
class MapOf(Plain):
    """An object whose keys come from a list and whose values share one shape."""

    keys: Sequence[str]
    value: Shape

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note strange keys and what is wrong with the values."""
        if not isinstance(value, dict):
            complaints.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
            return
        for key, item in value.items():
            if key not in self.keys:
                listed = ", ".join(self.keys)
                complaints.add(
                    (*path, key), "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}."
                )
            else:
                self.value.check(item, (*path, key), complaints)


@dataclass(frozen=True, slots=True)
class Union:
    """An object whose ``type`` tells which of several shapes it must have."""

    shapes: Mapping[int, Shape]

    def check(self, value: Any, path: Path, complaints: Complaints) -> None:
        """Note a type that may not stand here, or check by the type's shape."""
        if not isinstance(value, dict):
            complaints.add(
                path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
            return
        tag = value.get("type")
        if tag is None:
            complaints.add((*path, "type"), "BASE_TYPE_REQUIRED", "This field is required")
        elif isinstance(tag, bool) or not isinstance(tag, int) or tag not in self.shapes:
            listed = ", ".join(str(known) for known in self.shapes)
            complaints.add(
                (*path, "type"),
                "UNION_TYPE_CHOICES",
                f'Value of field "type" must be one of ({listed},).',
            )
        else:
            self.shapes[tag].check(value, path, complaints)

    def clean(self, value: Any) -> Any:
        """Return the object as its type's shape knows it."""
        return {"type": value["type"], **self.shapes[value["type"]].clean(value)}

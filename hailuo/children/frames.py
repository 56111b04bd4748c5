"""The words between a child and its parent: JSON behind a four-byte length."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from hailuo.children.errors import ChildGarbledError

if TYPE_CHECKING:
    from collections.abc import Mapping

Message: TypeAlias = dict[str, object]

HEADER_SIZE: Final = 4
MAX_BODY_BYTES: Final = 256 * 1024


def pack(message: Mapping[str, object]) -> bytes:
    """Return the message as one frame."""
    body = json.dumps(message, allow_nan=False).encode()
    return len(body).to_bytes(HEADER_SIZE, "big") + body


def body_size(header: bytes) -> int:
    """Return how many bytes follow a header; raise `ChildGarbledError` beyond any message."""
    size = int.from_bytes(header, "big")
    if size > MAX_BODY_BYTES:
        raise ChildGarbledError(f"a frame of {size} bytes")
    return size


def unpack(body: bytes) -> Message:
    """Return the message of a frame's body; raise `ChildGarbledError` for anything else."""
    try:
        return as_message(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise ChildGarbledError(f"no message: {error}") from error


def as_message(value: object) -> Message:
    """Return a JSON value as the object it has to be; raise `ChildGarbledError` if it is none."""
    if not isinstance(value, dict):
        raise ChildGarbledError(f"a {type(value).__name__} instead of an object")
    return cast("Message", value)


def whole(message: Message, key: str) -> int:
    """Return a positive whole number out of a message; raise `ChildGarbledError` if it is none."""
    value = message.get(key)
    if not isinstance(value, int) or value < 1:
        raise ChildGarbledError(f"{key} is {value!r}"[:200])
    return value


def number(message: Message, key: str) -> float:
    """Return a positive number out of a message; raise `ChildGarbledError` if it is none."""
    value = message.get(key)
    if not isinstance(value, int | float) or not 0 < value < 1e9:  # noqa: PLR2004 - and no NaN
        raise ChildGarbledError(f"{key} is {value!r}"[:200])
    return float(value)

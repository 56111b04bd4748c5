"""The components there are: their kinds, their limits and where each may stand.

docs: components/reference. Legacy messages hold action rows only; with the Components V2 flag a
message is nothing but components.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from sandbox.discord.shapes import (
    Choice,
    Flag,
    Integer,
    ListOf,
    Record,
    Snowflake,
    Text,
    Union,
    Url,
)


class Kind(IntEnum):
    """What a component is."""

    ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


SELECTS = (
    Kind.STRING_SELECT,
    Kind.USER_SELECT,
    Kind.ROLE_SELECT,
    Kind.MENTIONABLE_SELECT,
    Kind.CHANNEL_SELECT,
)

LINK_STYLE, PREMIUM_STYLE = 5, 6
MAX_COMPONENTS = 40
MAX_ROWS = 5
ROW_WIDTH = 5
MAX_TEXT = 4000
MAX_COLOR = 0xFFFFFF

CUSTOM_ID = Text(100, 1)
EMOJI = Record({"id": Snowflake(), "name": Text(100), "animated": Flag()})
_ID: dict[str, Any] = {"id": Integer(0, 2**31 - 1)}
_DESCRIPTION = Text(1024, 1)
_MEDIA = Record({"url": Url()}, frozenset({"url"}))
_UPLOADED = Record({"url": Url(schemes=("attachment",))}, frozenset({"url"}))

SELECT_OPTION = Record(
    {
        "label": Text(100, 1),
        "value": Text(100, 1),
        "description": Text(100),
        "emoji": EMOJI,
        "default": Flag(),
    },
    frozenset({"label", "value"}),
)
SELECT_FIELDS: dict[str, Any] = {
    **_ID,
    "custom_id": CUSTOM_ID,
    "placeholder": Text(150),
    "min_values": Integer(0, 25),
    "max_values": Integer(1, 25),
    "disabled": Flag(),
}
_BUTTON = Record(
    {
        **_ID,
        "style": Choice((1, 2, 3, 4, 5, 6)),
        "label": Text(80),
        "emoji": EMOJI,
        "custom_id": CUSTOM_ID,
        "url": Url(512, schemes=("http", "https", "discord")),
        "sku_id": Snowflake(),
        "disabled": Flag(),
    },
    frozenset({"style"}),
)
STRING_SELECT_SHAPE = Record(
    {**SELECT_FIELDS, "options": ListOf(SELECT_OPTION, 25, 1)}, frozenset({"custom_id", "options"})
)
ENTITY_SELECT_SHAPE = Record(SELECT_FIELDS, frozenset({"custom_id"}))
_IN_ROW = Union(
    {
        Kind.BUTTON: _BUTTON,
        Kind.STRING_SELECT: STRING_SELECT_SHAPE,
        **dict.fromkeys(SELECTS[1:], ENTITY_SELECT_SHAPE),
    }
)
_ROW = Record({**_ID, "components": ListOf(_IN_ROW, ROW_WIDTH, 1)}, frozenset({"components"}))
_TEXT_DISPLAY = Record({**_ID, "content": Text(MAX_TEXT, 1)}, frozenset({"content"}))
_THUMBNAIL = Record(
    {**_ID, "media": _MEDIA, "description": _DESCRIPTION, "spoiler": Flag()}, frozenset({"media"})
)
_SECTION = Record(
    {
        **_ID,
        "components": ListOf(Union({Kind.TEXT_DISPLAY: _TEXT_DISPLAY}), 3, 1),
        "accessory": Union({Kind.BUTTON: _BUTTON, Kind.THUMBNAIL: _THUMBNAIL}),
    },
    frozenset({"components", "accessory"}),
)
_GALLERY_ITEM = Record(
    {"media": _MEDIA, "description": _DESCRIPTION, "spoiler": Flag()}, frozenset({"media"})
)
_GALLERY = Record({**_ID, "items": ListOf(_GALLERY_ITEM, 10, 1)}, frozenset({"items"}))
_FILE = Record({**_ID, "file": _UPLOADED, "spoiler": Flag()}, frozenset({"file"}))
_SEPARATOR = Record({**_ID, "divider": Flag(), "spacing": Choice((1, 2))})
_IN_CONTAINER: dict[int, Any] = {
    Kind.ROW: _ROW,
    Kind.SECTION: _SECTION,
    Kind.TEXT_DISPLAY: _TEXT_DISPLAY,
    Kind.GALLERY: _GALLERY,
    Kind.FILE: _FILE,
    Kind.SEPARATOR: _SEPARATOR,
}
_CONTAINER = Record(
    {
        **_ID,
        "components": ListOf(Union(_IN_CONTAINER), MAX_COMPONENTS, 1),
        "accent_color": Integer(0, MAX_COLOR),
        "spoiler": Flag(),
    },
    frozenset({"components"}),
)
LEGACY_SHAPE = ListOf(Union({Kind.ROW: _ROW}), MAX_ROWS)
V2_SHAPE = ListOf(Union({**_IN_CONTAINER, Kind.CONTAINER: _CONTAINER}), MAX_COMPONENTS)

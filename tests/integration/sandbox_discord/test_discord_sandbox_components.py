"""The limits of messages and components, and how components come back."""

from __future__ import annotations

from typing import Any

import pytest
from message_parts import PICTURE, button, gallery, png, row, select, text
from rest_caller import MESSAGES, V2, RestCaller

TWO = [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}]
BOTH_CHOSEN = [{**option, "default": True} for option in TWO]


@pytest.mark.parametrize(
    ("message", "complaints"),
    [
        ({"content": "x" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
        ({"content": 5}, {"content": "STRING_TYPE_CONVERT"}),
        ({"content": "x", "nonce": "n" * 26}, {"nonce": "BASE_TYPE_MAX_LENGTH"}),
        ({"content": "x", "tts": "yes"}, {"tts": "BOOLEAN_TYPE_CONVERT"}),
        ({"embeds": [{"title": "t" * 257}]}, {"embeds.0.title": "BASE_TYPE_MAX_LENGTH"}),
        ({"embeds": [{"title": "t"}] * 11}, {"embeds": "BASE_TYPE_BAD_LENGTH"}),
        (
            {"embeds": [{"description": "d" * 4096}, {"description": "d" * 1905}]},
            {"embeds": "MAX_EMBED_SIZE_EXCEEDED"},
        ),
        (
            {"embeds": [{"fields": [{"name": "", "value": "v"}]}]},
            {"embeds.0.fields.0.name": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"embeds": [{"image": {"url": "ftp://x/y.png"}}]},
            {"embeds.0.image.url": "URL_TYPE_INVALID_SCHEME"},
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
        ),
        (
            {"content": "x", "message_reference": {"message_id": "1"}},
            {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"},
        ),
        (
            {"content": "x", "attachments": [{"id": 7}]},
            {"attachments.0.id": "ATTACHMENT_NOT_FOUND"},
        ),
        ({"content": "x", "components": [text()]}, {"components.0.type": "UNION_TYPE_CHOICES"}),
        (
            {"content": "x", "components": [row()]},
            {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"content": "x", "components": [row(*(button(str(n)) for n in range(6)))]},
            {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"content": "x", "components": [row(button(str(n))) for n in range(6)]},
            {"components": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"content": "x", "components": [row(button("c" * 101))]},
            {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"content": "x", "components": [row(button()), row(button())]},
            {"components.1.components.0.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
        ),
        (
            {"content": "x", "components": [row(button(label="l" * 81))]},
            {"components.0.components.0.label": "BASE_TYPE_MAX_LENGTH"},
        ),
        (
            {"content": "x", "components": [row(button(label=None))]},
            {"components.0.components.0": "BUTTON_COMPONENT_LABEL_REQUIRED"},
        ),
        (
            {"content": "x", "components": [row(button(emoji={"name": "x"}))]},
            {"components.0.components.0.emoji.name": "COMPONENT_INVALID_EMOJI"},
        ),
        (
            {"content": "x", "components": [row({"type": 2, "style": 5, "label": "l"})]},
            {"components.0.components.0.url": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"content": "x", "components": [row(button(style=5, url="https://x.y"))]},
            {
                "components.0.components.0.custom_id": (
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
                )
            },
        ),
        (
            {"content": "x", "components": [row(button(), select())]},
            {"components.0.components.1": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"},
        ),
        (
            {"content": "x", "components": [row(select(options=[]))]},
            {"components.0.components.0.options": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {
                "content": "x",
                "components": [row(select(options=[{"label": "A", "value": "a"}] * 2))],
            },
            {
                "components.0.components.0.options.1.value": (
                    "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
                )
            },
        ),
        (
            {"content": "x", "components": [row(select(min_values=2, max_values=1, options=TWO))]},
            {"components.0.components.0.max_values": "SELECT_COMPONENT_INVALID_MAX_VALUES"},
        ),
        (
            {"content": "x", "components": [row(select(min_values=0, max_values=2))]},
            {"components.0.components.0.max_values": "SELECT_COMPONENT_INVALID_MAX_VALUES"},
        ),
        (
            {
                "content": "x",
                "components": [row(select(options=BOTH_CHOSEN))],
            },
            {"components.0.components.0.options": "SELECT_COMPONENT_TOO_MANY_DEFAULTS"},
        ),
        (
            {"embeds": [{"title": "t", "timestamp": "yesterday"}]},
            {"embeds.0.timestamp": "DATE_TIME_TYPE_PARSE"},
        ),
        (
            {"embeds": [{"title": "t", "timestamp": "2026-02-30T12:00:00Z"}]},
            {"embeds.0.timestamp": "DATE_TIME_TYPE_PARSE"},
        ),
        (
            {"flags": V2, "content": "x", "components": [text()]},
            {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
        ),
        (
            {"flags": V2, "embeds": [{"title": "t"}], "components": [text()]},
            {"embeds": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
        ),
        (
            {"flags": V2, "components": [text("t" * 2000), text("t" * 2001)]},
            {"components": "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
        ),
        (
            {"flags": V2, "components": [{"type": 17, "components": [text()] * 20}] * 2},
            {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"},
        ),
        (
            {"flags": V2, "components": [text(id=1), text(id=1)]},
            {"components": "COMPONENT_ID_DUPLICATED"},
        ),
        (
            {
                "flags": V2,
                "components": [{"type": 17, "components": [{"type": 17, "components": []}]}],
            },
            {"components.0.components.0.type": "UNION_TYPE_CHOICES"},
        ),
        (
            {"flags": V2, "components": [gallery(*("a.png" for _ in range(11)))]},
            {"components.0.items": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"flags": V2, "components": [gallery("a.png")]},
            {
                "components.0.items.0.media.url": (
                    "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
                )
            },
        ),
        (
            {"flags": V2, "components": [{"type": 13, "file": {"url": "https://x.y/z.mp4"}}]},
            {"components.0.file.url": "URL_TYPE_INVALID_SCHEME"},
        ),
        (
            {"flags": V2, "components": [{"type": 9, "components": [text()]}]},
            {"components.0.accessory": "BASE_TYPE_REQUIRED"},
        ),
    ],
)
async def test_message_limits(
    rest: RestCaller, message: dict[str, Any], complaints: dict[str, str]
) -> None:
    """Each limit is complained of at its place, with Discord's word for it."""
    refused = await rest.post(**message)
    assert (refused.status, refused.code) == (400, 50035)
    assert refused.complaints == complaints


async def test_largest_message_passes(rest: RestCaller) -> None:
    """The limits themselves are allowed: 2000 characters, 40 components, 4000 of text."""
    assert (await rest.post(content="x" * 2000)).status == 200
    container = {"type": 17, "components": [text() for _ in range(39)]}
    assert (await rest.post(flags=V2, components=[container])).status == 200
    assert (await rest.post(flags=V2, components=[text("t" * 4000)])).status == 200


async def test_every_component_comes_back_whole(rest: RestCaller) -> None:
    """A message of all kinds gets ids and defaults, its files links; the referee agrees."""
    components = [
        {
            "type": 17,
            "accent_color": 0xFF0000,
            "components": [
                text("**hi**"),
                gallery("a.png"),
                {"type": 13, "file": PICTURE},
                {"type": 14},
                {"type": 9, "components": [text()], "accessory": {"type": 11, "media": PICTURE}},
                {"type": 9, "components": [text()], "accessory": button("in section")},
                row(button(), {"type": 2, "style": 5, "label": "l", "url": "https://x.y"}),
                row(select()),
                row({"type": 5, "custom_id": "users"}),
            ],
        },
        {"type": 12, "items": [{"media": {"url": "https://example.com/pic.webp"}}]},
    ]
    made = await rest(
        "POST", MESSAGES, {"flags": V2, "components": components}, files=(("a.png", png()),)
    )
    assert made.status == 200
    box, outside = made.body["components"]
    assert box["components"][2]["name"] == "a.png"
    assert box["components"][3] == {"type": 14, "id": 5, "divider": True, "spacing": 1}
    assert outside["items"][0]["media"]["content_type"] == "image/webp"
    assert made.body["attachments"] == []

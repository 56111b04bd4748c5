"""A card as lines of text."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.demo import card

NAMES = {"11": "alice"}


def media(name: str, content_type: str, **more: Any) -> dict[str, Any]:
    return {"url": f"http://cdn/attachments/1/2/{name}?ex=1", "content_type": content_type, **more}


CARD = {
    "flags": 32768,
    "content": "",
    "attachments": [],
    "components": [
        {
            "type": 17,
            "components": [
                {"type": 10, "content": "## **Animating** for <@11>\n-# place 2"},
                {"type": 14},
                {
                    "type": 12,
                    "items": [{"media": media("clean.png", "image/png", width=960, height=640)}],
                },
                {
                    "type": 9,
                    "components": [{"type": 10, "content": "a *lighthouse*"}],
                    "accessory": {"type": 11, "media": media("thumb.jpg", "image/jpeg")},
                },
                {
                    "type": 1,
                    "components": [
                        {"type": 2, "style": 4, "label": "Cancel", "emoji": {"name": "❌"}},
                        {"type": 2, "style": 2, "label": "Again", "disabled": True},
                        {"type": 2, "style": 5, "label": "File", "url": "http://x"},
                    ],
                },
            ],
        }
    ],
}


def test_a_card_becomes_text_buttons_and_media_names() -> None:
    assert card.lines(CARD, NAMES) == [
        "Animating for @alice",
        "place 2",
        "🖼 clean.png 960×640",
        "a lighthouse",
        "🖼 thumb.jpg",
        "[❌ Cancel]  (Again)  [File ↗]",
    ]


def test_a_plain_message_becomes_its_content_and_files() -> None:
    message = {"content": "**done**", "attachments": [{"filename": "video.mp4"}]}

    assert card.lines(message, NAMES) == ["done", "📎 video.mp4"]


@pytest.mark.parametrize(("moment", "text"), [(1030, "in 30 s"), (910, "90 s ago")])
def test_times_are_told_from_now(moment: int, text: str) -> None:
    assert card.plain(f"ready <t:{moment}:R>", {}, now=1000) == f"ready {text}"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<@!11> and <@12>", "@alice and @12"),
        ("`code` **bold** __line__", "code bold line"),
        ("[here](https://example.com)", "here (https://example.com)"),
        (r"2\:5 \*not bold\* a\_b", "2:5 *not bold* a_b"),
        ("<:wave:123> <a:spin:456>", ":wave: :spin:"),
    ],
)
def test_markup_is_taken_out(markup: str, text: str) -> None:
    assert card.plain(markup, NAMES) == text


def test_a_deferred_answer_is_shown_as_thinking() -> None:
    message = {"flags": 128, "content": "", "author": {"username": "hailuo"}}

    assert card.is_loading(message)
    assert card.lines(message, NAMES) == ["hailuo is thinking …"]


def test_the_video_is_found_where_a_card_shows_it() -> None:
    video = media("film.mp4", "video/mp4")
    gallery = {"type": 12, "items": [{"media": media("a.png", "image/png")}, {"media": video}]}
    file = {"type": 13, "file": video}

    assert card.video_url(CARD) is None
    for component in (gallery, file):
        message = {"components": [{"type": 17, "components": [component]}]}
        assert card.video_url(message) == video["url"]


def test_only_ephemeral_messages_are_private() -> None:
    assert card.is_private({"flags": 64 | 32768})
    assert not card.is_private(CARD)

"""Words on their way to Discord."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.ui.language import language_of
from cogs.ui.text import escape, length, plain, quoted, sentence_of, shorten
from hailuo.quotas import QuotaExhaustedError

UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*(?:[*_~|`<>@\[\]]|://)|^[#+-]", re.MULTILINE)


@given(st.text())
def test_no_markdown_mention_or_link_survives(text: str) -> None:
    """Whatever a member types, every character that could start markup is escaped."""
    assert not UNESCAPED.search(escape(text))


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone",
        "<@123456789012345678>",
        "<t:0:R>",
        "https://discord.gg/abc",
        "[click](https://evil.example)",
        "**bold** ||spoiler|| `code`",
        "# heading",
        "<:emoji:1>",
    ],
)
def test_hostile_prompts_show_as_they_were_typed(hostile: str) -> None:
    shown = escape(hostile)
    assert re.sub(r"\\(.)", r"\1", shown) == hostile
    assert shown != hostile


@given(st.text())
def test_a_quote_is_one_line_without_hidden_characters(text: str) -> None:
    line = quoted(text)
    assert "\n" not in line
    hidden = {unicodedata.category(char) for char in line} & {"Cc", "Co", "Cs"}
    assert not hidden


def test_direction_overrides_are_dropped_and_emoji_kept() -> None:
    family = "👩\u200d👩\u200d👧"
    assert plain(f"a\u202eb {family}") == f"ab {family}"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortening_keeps_to_the_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (9, "9 s"), (59.6, "1 min"), (112, "1 min 52 s"), (7500, "2 h 5 min")],
)
def test_lengths_are_in_words(seconds: float, words: str) -> None:
    assert length(seconds, language_of("en-US")) == words


def test_times_in_an_errors_sentence_are_shown_in_the_readers_zone() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    error = QuotaExhaustedError(limit=5, hours=24, next_free=when)
    assert f"<t:{int(when.timestamp())}:R>" in sentence_of(error, language_of("en-US"))

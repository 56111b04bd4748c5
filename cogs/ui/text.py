"""Words on their way to Discord: escaped, shortened, with times in the reader's zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Final

from discord.utils import format_dt

if TYPE_CHECKING:
    from hailuo.errors import HailuoError

SHOWN_PROMPT: Final = 300
"""Characters of a prompt on a card; the whole prompt is in /history."""

_KEPT_FORMATS: Final = {"\u200c", "\u200d"}
"""Joiners, which scripts and emoji need; other format characters can reorder or hide text."""
_MARKUP: Final = re.compile(r"[\\*_~|`<>@\[\]]|:(?=//)|^\s*[#+-]", re.MULTILINE)
"""What starts emphasis, code, spoilers, mentions, timestamps, links, headings and lists."""


def plain(text: str) -> str:
    """Return ``text`` on one line, without characters that hide, reorder or control."""
    kept = (
        " " if char.isspace() else char
        for char in text
        if char.isspace()
        or char in _KEPT_FORMATS
        or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
    )
    return " ".join("".join(kept).split())


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters of ``text``, with an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escape(text: str) -> str:
    """Return ``text`` so that Discord shows it as it is.

    Discord takes a backslash before punctuation as "this character, literally"; a link whose
    ``://`` is broken up that way is no link any more.
    """
    return _MARKUP.sub(_literally, text)


def _literally(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}\\{match[0][-1]}"


def quoted(prompt: str, limit: int = SHOWN_PROMPT) -> str:
    """Return a prompt as a quote: one line, shortened, escaped."""
    return f"> {escape(shorten(plain(prompt), limit))}"


def relative(when: datetime) -> str:
    """Return a time that Discord shows, and keeps up to date, as "in 2 minutes"."""
    return format_dt(when, "R")


def length(seconds: float) -> str:
    """Return a duration in words: "9 s", "1 min 52 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - minutes in an hour
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def sentence_of(error: HailuoError) -> str:
    """Return an error's sentence for its member, facts escaped and times in their own zone."""
    facts = {name: _fact(value) for name, value in error.facts.items()}
    return error.sentence.format(**facts)


def _fact(value: object) -> str:
    return relative(value) if isinstance(value, datetime) else escape(str(value))

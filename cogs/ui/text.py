"""Words on their way to Discord: escaped, shortened, with times in the reader's zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import TYPE_CHECKING, Final

from discord.utils import format_dt

if TYPE_CHECKING:
    from cogs.ui.language import Language
    from hailuo.errors import HailuoError
    from hailuo.wording import Wording

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


def length(seconds: float, say: Language) -> str:
    """Return a duration in words: "9 s", "1 min 52 s", "2 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return say("{seconds} s", seconds=rest)
    hours, minutes = divmod(minutes, 60)
    if hours:
        hours_and_minutes = say("{hours} h {minutes} min", hours=hours, minutes=minutes)
        return hours_and_minutes if minutes else say("{hours} h", hours=hours)
    minutes_and_seconds = say("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return minutes_and_seconds if rest else say("{minutes} min", minutes=minutes)


def sentence_of(error: HailuoError, say: Language) -> str:
    """Return an error's sentence for whoever reads that language."""
    return said(error.wording, say)


def said(wording: Wording, say: Language) -> str:
    """Return a text in its reader's language, facts escaped and times in their own zone."""
    facts = {name: _fact(value, say) for name, value in wording.facts.items()}
    return say(wording.text, **facts)


def _fact(value: object, say: Language) -> str:
    match value:
        case datetime():
            return relative(value)
        case float():
            return say.number(value)
        case _:
            return escape(say.word(str(value)))

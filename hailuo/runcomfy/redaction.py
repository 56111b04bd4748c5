"""Make foreign text safe to log and to show: no secret, no link, no control character, short."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Redact: TypeAlias = Callable[[str], str]

LONGEST = 300
"""Characters kept of a foreign text; the vendor's own command line keeps as many."""

_LOOKED_AT = 4096
_BEARER = re.compile(r"(?i)\bbearer\s+\S+")
_LINK = re.compile(r"(?i)\b(?:https?://|data:)\S+")


def shorten(text: str) -> str:
    """Return ``text`` in one line of at most 300 printable characters, without links."""
    text = text[:_LOOKED_AT]
    text = _BEARER.sub("[redacted]", text)
    text = _LINK.sub("[link]", text)
    text = "".join(char if char.isprintable() else " " for char in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def redactor(secret: str) -> Redact:
    """Return a function that takes ``secret`` out of a text, then shortens it."""

    def redact(text: str) -> str:
        # Before anything is cut, or a cut could leave half of the secret behind.
        return shorten(text.replace(secret, "[redacted]"))

    return redact

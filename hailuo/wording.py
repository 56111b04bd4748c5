"""Marks the English texts that are translated where somebody reads them."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Return ``text`` as it is; the mark alone is what puts it into the catalogues."""
    return text

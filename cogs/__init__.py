"""What a person does on Discord, one file each."""

from __future__ import annotations

from typing import Final

EXTENSIONS: Final = (
    "cogs.animate",
    "cogs.offer",
    "cogs.cancel",
    "cogs.tell_me",
    "cogs.cards",
    "cogs.history",
    "cogs.replay",
    "cogs.quota",
    "cogs.operator",
)

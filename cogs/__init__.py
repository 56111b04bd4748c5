"""What a person does on Discord, one file each."""

from __future__ import annotations

from typing import Final

EXTENSIONS: Final = (
    "cogs.ui.modals",
    "cogs.animate",
    "cogs.animate_this",
    "cogs.offer",
    "cogs.cancel",
    "cogs.tell_me",
    "cogs.again",
    "cogs.sequels",
    "cogs.delete",
    "cogs.cards",
    "cogs.history",
    "cogs.replay",
    "cogs.quota",
    "cogs.privacy",
    "cogs.help",
    "cogs.operator",
)

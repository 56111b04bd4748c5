"""What counts as one standard emoji."""

from __future__ import annotations

import unicodedata

LONGEST_EMOJI = 16
VARIATION_16 = "\ufe0f"
KEYCAP = "\u20e3"


def is_emoji(name: str) -> bool:
    """Tell whether a text can be one standard emoji: symbols, joiners and variation marks."""
    if not name or len(name) > LONGEST_EMOJI:
        return False
    if VARIATION_16 in name or KEYCAP in name:
        return True
    kinds = {unicodedata.category(sign) for sign in name}
    return bool(kinds & {"So", "Sk", "Sm"}) and kinds <= {"So", "Sk", "Sm", "Mn", "Cf"}

"""Discord's JSON error codes that the card has an answer to.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import discord

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_GUILD: Final = 10004
UNKNOWN_MESSAGE: Final = 10008
TOO_LARGE: Final = 40005
MISSING_ACCESS: Final = 50001
MISSING_PERMISSIONS: Final = 50013
INVALID_FORM: Final = 50035
AUTOMOD: Final = frozenset({200000, 240000})

_SERVER_ERROR: Final = 500
_RATE_LIMITED: Final = 429
_CONTENT_TOO_LARGE: Final = 413


def is_passing(error: discord.HTTPException) -> bool:
    """Tell whether an answer says "not now" rather than "no"."""
    return error.status >= _SERVER_ERROR or error.status == _RATE_LIMITED


def is_worth_repeating_soon(error: discord.HTTPException) -> bool:
    """Tell whether an answer may change within seconds; a rate limit has its own clock."""
    return error.status >= _SERVER_ERROR


def is_too_large(error: discord.HTTPException) -> bool:
    """Tell whether the files were too much."""
    return error.status == _CONTENT_TOO_LARGE or error.code == TOO_LARGE

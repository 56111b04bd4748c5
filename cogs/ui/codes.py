"""Discord's JSON error codes that the card has an answer to.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from typing import Final

import aiohttp
import discord

UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_GUILD: Final = 10004
UNKNOWN_MESSAGE: Final = 10008
OLD_MESSAGE: Final = 30046
ALREADY_ACKNOWLEDGED: Final = 40060
TOO_LARGE: Final = 40005
MISSING_ACCESS: Final = 50001
MISSING_PERMISSIONS: Final = 50013
INVALID_FORM: Final = 50035
THREAD_ARCHIVED: Final = 50083
DM_REFUSED: Final = 50007
NO_COMMON_SERVER: Final = 50278
INVALID_WEBHOOK_TOKEN: Final = 50027
NO_MESSAGE: Final = frozenset({UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE})
"""Answers that say that a message is no more."""
CARD_IS_GONE: Final = NO_MESSAGE | {MISSING_ACCESS}
"""Answers after which a card need not be tried again: it is no more, or out of reach."""
OF_CHANNEL: Final = frozenset(
    {
        UNKNOWN_CHANNEL,
        UNKNOWN_GUILD,
        MISSING_ACCESS,
        MISSING_PERMISSIONS,
        THREAD_ARCHIVED,
        DM_REFUSED,
        NO_COMMON_SERVER,
    }
)
"""Answers that hold for every message of the channel."""
NO_ANSWER: Final = (aiohttp.ClientError, OSError, discord.DiscordServerError, discord.RateLimited)
"""What says that Discord cannot be reached at the moment, whoever is asked."""
AUTOMOD: Final = frozenset({200000, 240000})

_UNAUTHORIZED: Final = 401
_CONTENT_TOO_LARGE: Final = 413
_RATE_LIMITED: Final = 429
_SERVER_ERROR: Final = 500
_UNAVAILABLE: Final = 503


def is_passing(error: discord.HTTPException) -> bool:
    """Tell whether an answer says "not now" rather than "no".

    A bot's token that is refused says nothing about the card; the gateway will say the rest. An
    answer without a code of Discord's own is some gateway's between us, and no verdict at all.
    """
    bot_refused = error.status == _UNAUTHORIZED and error.code != INVALID_WEBHOOK_TOKEN
    nobodys_word = error.code == 0 and error.status != _CONTENT_TOO_LARGE
    return (
        bot_refused
        or nobodys_word
        or error.status >= _SERVER_ERROR
        or error.status == _RATE_LIMITED
    )


def is_unavailable(error: discord.HTTPException) -> bool:
    """Tell whether this is the one server error that discord.py does not retry by itself."""
    return error.status == _UNAVAILABLE


def is_too_large(error: discord.HTTPException) -> bool:
    """Tell whether the files were too much."""
    return error.status == _CONTENT_TOO_LARGE or error.code == TOO_LARGE

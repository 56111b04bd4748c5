"""Why the bot could not start or go on: one sentence for the operator, and an exit code.

Codes are those of sysexits.h: 78 for a configuration that must be mended, 69 for a service that
is not reachable; a supervisor should restart after 69 alone.
"""

from __future__ import annotations

from typing import Final

import aiohttp
import discord

from hailuo.settings import ConfigurationError
from hailuo.store.errors import StoreError

EXIT_OK: Final = 0
EXIT_USAGE: Final = 64
EXIT_UNAVAILABLE: Final = 69
EXIT_CONFIG: Final = 78

INTENTS_CODES: Final = frozenset({4013, 4014})
SHARD_CODES: Final = frozenset({4010, 4011})
LOGIN_REFUSED: Final = (
    "Discord does not accept DISCORD_TOKEN: copy the bot's token again from "
    "https://discord.com/developers/applications into .env."
)
INTENTS_REFUSED: Final = (
    "Discord asks for privileged intents, which this bot does not use: run it unchanged, or "
    "switch them on in Discord's portal."
)
SHARDS_REFUSED: Final = (
    "Discord does not take these shards: raise SHARD_COUNT, with SHARD_IDS below it, or leave both "
    "empty, in .env."
)
FAILURES: Final = (
    ConfigurationError,
    StoreError,
    discord.LoginFailure,
    discord.PrivilegedIntentsRequired,
    discord.ConnectionClosed,
    discord.GatewayNotFound,
    discord.HTTPException,
    discord.RateLimited,
    aiohttp.ClientError,
    OSError,
)


def explain_failure(error: Exception) -> tuple[str, int]:
    """Return the sentence and the exit code for one of `FAILURES`."""
    match error:
        case StoreError(retryable=True):
            return error.user_message, EXIT_UNAVAILABLE
        case ConfigurationError() | StoreError():
            return error.user_message, EXIT_CONFIG
        case discord.ConnectionClosed(code=code) if code in INTENTS_CODES:
            return INTENTS_REFUSED, EXIT_CONFIG
        case discord.ConnectionClosed(code=code) if code in SHARD_CODES:
            return SHARDS_REFUSED, EXIT_CONFIG
        case discord.LoginFailure() | discord.ConnectionClosed(code=4004):
            return LOGIN_REFUSED, EXIT_CONFIG
        case discord.PrivilegedIntentsRequired():
            return INTENTS_REFUSED, EXIT_CONFIG
        case discord.RateLimited(retry_after=seconds):
            return (
                f"Discord asks to wait for {seconds:.0f} s: start again after that.",
                EXIT_UNAVAILABLE,
            )
        case _:
            return (
                f"Discord cannot be reached ({error}): check the network, then start again.",
                EXIT_UNAVAILABLE,
            )

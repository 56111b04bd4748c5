"""``python bot.py doctor``: every setting and connection, a tick or a cross with its fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import discord

from cogs.failures import EXIT_CONFIG, EXIT_OK, EXIT_UNAVAILABLE, LOGIN_REFUSED
from hailuo import doctor
from hailuo.doctor import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from hailuo.settings import Problem, Settings


async def examine(settings: Settings, problems: Sequence[Problem]) -> int:
    """Examine everything, print a line for each thing, and return the exit code."""
    verdicts: set[Verdict] = set()
    async for finding in _findings(settings, problems):
        mark = "✓" if finding.verdict is Verdict.FINE else "✗"
        print(f"{mark} {finding.text}")  # noqa: T201 - its output is for people
        verdicts.add(finding.verdict)
    if Verdict.MISCONFIGURED in verdicts:
        return EXIT_CONFIG
    return EXIT_UNAVAILABLE if Verdict.UNREACHABLE in verdicts else EXIT_OK


async def _findings(settings: Settings, problems: Sequence[Problem]) -> AsyncGenerator[Finding]:
    """Say what is wrong with the settings, then check what can be checked all the same."""
    for problem in problems:
        yield doctor.misconfigured(f"{problem.text}.")
    if not problems:
        yield doctor.fine("settings are complete")
    unset = frozenset(field for problem in problems for field in problem.fields)
    async for finding in doctor.examine(settings, unset):
        yield finding
    if unset.isdisjoint({"discord_token", "discord_api_url"}):
        yield await _discord(settings)


async def _discord(settings: Settings) -> Finding:
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
            await client.http.get_bot_gateway()
        except discord.LoginFailure:
            return doctor.misconfigured(LOGIN_REFUSED)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            return doctor.unreachable(f"Discord does not answer ({error}): check the network.")
        return doctor.fine(f"DISCORD_TOKEN is taken by Discord: this is {client.user}")

"""`make sandbox`: both stand-ins and the bot, until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from sandbox.bot_process import BotEndedError
from sandbox.signals import until_signal
from sandbox.stack import LocalStack

EXIT_OK = 0
EXIT_BOT_ENDED = 1


def main(discord_port: int, runcomfy_port: int) -> int:
    """Serve until a signal; return the exit code."""
    return asyncio.run(until_signal(serve(discord_port, runcomfy_port), interrupted=EXIT_OK))


async def serve(discord_port: int, runcomfy_port: int) -> int:
    """Print all URLs when members can use the bot; return only when it ends."""
    with tempfile.TemporaryDirectory(prefix="hailuo-sandbox-") as name:
        folder = Path(name)
        print(f"The bot's log: {folder / 'bot.log'}", file=sys.stderr)
        try:
            async with LocalStack(
                folder, discord_port=discord_port, runcomfy_port=runcomfy_port
            ) as stack:
                urls = {
                    "discord": stack.discord.url,
                    "runcomfy": stack.runcomfy.url,
                    "page": f"{stack.discord.url}/",
                }
                print(json.dumps(urls), flush=True)
                raise await stack.bot.ended()
        except BotEndedError as error:
            print(f"The sandbox stops: {error}", file=sys.stderr)
            return EXIT_BOT_ENDED
        except OSError as error:
            print(f"The sandbox cannot start: {error}", file=sys.stderr)
            return EXIT_BOT_ENDED

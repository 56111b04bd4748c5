"""A bare discord.py bot whose /animate defers and does nothing else, to measure ours beside."""

from __future__ import annotations

import sys

import discord
from discord import app_commands
from discord.ext import commands

from cogs.connection import connect_to

TOKEN = "sandbox-discord-token"  # noqa: S105 - the stand-in's, and no other


@app_commands.command(description="Animate a picture")
async def animate(interaction: discord.Interaction, image: discord.Attachment, prompt: str) -> None:
    """Defer."""
    del image, prompt
    await interaction.response.defer()


class BareBot(commands.AutoShardedBot):
    """As little as an answer takes."""

    async def setup_hook(self) -> None:
        """Register the command."""
        self.tree.add_command(animate)
        await self.tree.sync()


if __name__ == "__main__":
    connect_to(sys.argv[1])
    intents = discord.Intents(guilds=True)
    BareBot(commands.when_mentioned, intents=intents).run(TOKEN, log_handler=None)

"""The bot as the cogs know it: a discord.py client with an engine behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import discord
from discord.ext import commands

if TYPE_CHECKING:
    from cogs.ui.presenter import CardPresenter
    from hailuo.engine import Engine


# discord.py warns of a missing voice library at start; this bot has nothing to say aloud.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False


class Client(commands.AutoShardedBot):
    """What a cog may rely on; ``bot.py`` builds the rest."""

    engine: Engine
    presenter: CardPresenter


Interaction: TypeAlias = discord.Interaction[Client]

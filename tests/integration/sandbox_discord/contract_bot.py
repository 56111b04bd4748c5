"""A real discord.py bot whose commands do what the test says."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord.ids import BOT_TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

Interaction = discord.Interaction["ContractBot"]
Act = "Callable[..., Awaitable[Any]]"

PATIENCE_S = 10.0
INTENTS = discord.Intents(guilds=True, guild_reactions=True, dm_reactions=True)


class ContractBot(commands.AutoShardedBot):
    """Hands every interaction to ``act`` and every event of interest to ``seen``."""

    def __init__(self, intents: discord.Intents = INTENTS, **options: Any) -> None:
        super().__init__(
            commands.when_mentioned,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
            **options,
        )
        self.act: Callable[..., Awaitable[Any]] | None = None
        self.outcomes: asyncio.Queue[Any] = asyncio.Queue()
        self.seen: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.synced: list[app_commands.AppCommand] = []
        self.tree.on_error = self._note_error

    async def setup_hook(self) -> None:
        """Register the commands."""
        for command in (
            animate,
            pick,
            admin,
            app_commands.ContextMenu(name="Inspect it", callback=inspect),
        ):
            self.tree.add_command(command)
        self.synced = await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once; the library's own hook spends five seconds here."""

    async def does(self, act: Callable[..., Awaitable[Any]], trigger: Awaitable[Any]) -> Any:
        """Let a person's act trigger ``act``; return what it returns, raise what it raises."""
        self.act = act
        await trigger
        async with asyncio.timeout(PATIENCE_S):
            outcome = await self.outcomes.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def next_event(self, name: str) -> Any:
        """Return the next event of a name."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found, value = await self.seen.get()
                if found == name:
                    return value

    async def perform(self, interaction: Interaction, **options: Any) -> None:
        """Run the test's act and keep its outcome."""
        try:
            assert self.act is not None
            outcome = await self.act(interaction, **options)
        except Exception as error:  # noqa: BLE001 - handed to the test, which raises it
            outcome = error
        self.outcomes.put_nowait(outcome)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Take clicks and modals, which no command handles."""
        kinds = (discord.InteractionType.component, discord.InteractionType.modal_submit)
        if interaction.type in kinds:
            await self.perform(interaction)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Note a reaction."""
        self.seen.put_nowait(("reaction_add", payload))

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """Note a reaction taken back."""
        self.seen.put_nowait(("reaction_remove", payload))

    async def on_message(self, message: discord.Message) -> None:
        """Note a message."""
        self.seen.put_nowait(("message", message))

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note a resume."""
        self.seen.put_nowait(("resumed", shard_id))

    async def on_ready(self) -> None:
        """Note that a session began."""
        self.seen.put_nowait(("ready", None))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that the bot is out."""
        self.seen.put_nowait(("guild_remove", guild))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Note that a channel is gone."""
        self.seen.put_nowait(("channel_delete", channel))

    async def _note_error(self, _: Interaction, error: app_commands.AppCommandError) -> None:
        self.outcomes.put_nowait(error)


@app_commands.command(description="Animate a picture")
async def animate(
    interaction: Interaction,
    prompt: app_commands.Range[str, 1, 100],
    image: discord.Attachment | None = None,
    magic: bool = True,
) -> None:
    """Do what the test says."""
    await interaction.client.perform(interaction, prompt=prompt, image=image, magic=magic)


@app_commands.command(description="Pick a thing")
async def pick(interaction: Interaction, thing: str, who: discord.Member | None = None) -> None:
    """Do what the test says."""
    await interaction.client.perform(interaction, thing=thing, who=who)


@pick.autocomplete("thing")
async def _things(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    things = ["apple", "apricot", "banana"]
    return [app_commands.Choice(name=word, value=word) for word in things if typed in word]


@app_commands.default_permissions(manage_guild=True)
class Admin(app_commands.Group):
    """Commands of those who manage the server."""

    @app_commands.command(description="Set a limit")
    async def limit(self, interaction: Interaction, number: app_commands.Range[int, 1, 9]) -> None:
        """Do what the test says."""
        await interaction.client.perform(interaction, number=number)


admin = Admin(name="admin", description="Manage")


async def inspect(interaction: Interaction, message: discord.Message) -> None:
    """Do what the test says."""
    await interaction.client.perform(interaction, message=message)


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have discord.py talk to a stand-in."""
    monkeypatch.setattr(Route, "BASE", f"{url}/api/v10")
    gateway = yarl.URL(url.replace("http", "ws", 1) + "/gateway")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    monkeypatch.setattr(discord.Asset, "BASE", url)


@asynccontextmanager
async def running(
    url: str, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[ContractBot]:
    """Run a bot until the block ends; it is ready when the block begins."""
    point_at(url, monkeypatch)
    client = ContractBot(**options)
    task = asyncio.create_task(client.start(BOT_TOKEN), name="contract bot")
    try:
        ready = asyncio.create_task(client.next_event("ready"), name="wait for ready")
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            task.result()
        await ready
        yield client
    finally:
        await client.close()
        await asyncio.wait({task})

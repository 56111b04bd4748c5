"""/help: what the bot does and may do here, what is left for this member, and where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import app_commands, ui
from discord.ext import commands

from cogs.quota import describe
from cogs.tell_me import may_write
from cogs.ui.client import Interaction
from cogs.ui.errors import defer_privately
from cogs.ui.language import private_language
from hailuo.jobs.job import GuildId, UserId
from hailuo.sweeps import HISTORY_KEPT
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.client import Client
    from cogs.ui.language import Language

START: Final = N_(
    "{animate} with a picture and a prompt makes a short video of it. The answer becomes a card "
    "that shows how it goes, and the video at the end. On any message with a picture you can also "
    "choose Apps › Animate this."
)
CHOICES: Final = N_(
    "**When you ask,** `fit` repairs a picture of the wrong size at once, and `private` sends the "
    "video to you alone. Where much is under way, yours waits in line and begins by itself."
)
GO_ON: Final = N_(
    "**On a card,** {tell_me} mentions you when the video is done. From a finished one {again}, "
    "{edit} and {go_on} make a new video, and {delete} takes it away."
)
STOP: Final = N_(
    "**To stop one,** press Cancel on its card, or react to it with ❌. Until it renders, that "
    "costs nothing; one that renders finishes, and counts."
)
COUNTS: Final = N_(
    "**What counts:** a video counts once it is accepted. One that fails, or is stopped in time, "
    "is given back; deleting one later gives nothing back."
)
STORED: Final = N_(
    "**What is stored:** your prompts for {days} days, your pictures and videos for {video_days}, "
    "all of it until you delete it, and what the quota counts."
)
FIND: Final = N_(
    "{history} shows your videos again, {quota} what is left, and {privacy} what is stored about "
    "you, with a copy of it and an end to it."
)
LACKS: Final[Mapping[str, str]] = {
    "view_channel": N_("It cannot see this channel, so a card stops changing after 15 minutes."),
    "attach_files": N_(
        "It may not attach files, so videos that take longer than 15 minutes cannot be posted here."
    ),
    "send_messages": N_(
        "It may not write here by itself: it cannot mention you at the end, nor post a video anew "
        "whose card is gone."
    ),
    "add_reactions": N_("It may not react, so ❌ is not offered; the Cancel button works."),
    "read_message_history": N_(
        "It may not read past messages, so it may miss a ❌ while it restarts."
    ),
}
"""What the bot cannot do without a permission, by discord.py's name of it."""


class Help(commands.Cog):
    """Find out what the bot can do."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @app_commands.command()
    async def help(self, interaction: Interaction) -> None:
        """See what the bot can do here, and what is left for you."""
        await defer_privately(interaction)
        engine = self._client.engine
        guild_id = None if interaction.guild_id is None else GuildId(interaction.guild_id)
        usage = await engine.usage(UserId(interaction.user.id), guild_id)
        say = private_language(interaction)
        parts = [
            self._start(say),
            describe(engine.limits, usage, say),
            f"{say(CHOICES)}\n{_go_on(say)}",
            f"{say(STOP)}\n{say(COUNTS)}",
            f"{self._stored(say)}\n{self._find(say)}",
        ]
        lacks = "\n".join(f"- {say(LACKS[name])}" for name in lacking(interaction))
        if lacks:
            parts.insert(1, f"⚠️ **{say('In this channel the bot is held back:')}**\n{lacks}")
        view = ui.LayoutView(timeout=None)
        view.add_item(ui.Container(*(ui.TextDisplay[Any](part) for part in parts)))
        await interaction.followup.send(view=view, ephemeral=True)

    def _start(self, say: Language) -> str:
        start = say(START, animate=self._client.mention("animate"))
        return f"### {say('Pictures that move')}\n{start}"

    def _stored(self, say: Language) -> str:
        video_days = self._client.engine.settings.keep_videos_days
        return say(STORED, days=HISTORY_KEPT.days, video_days=video_days)

    def _find(self, say: Language) -> str:
        names = ("history", "quota", "privacy")
        return say(FIND, **{name: self._client.mention(name) for name in names})


def _go_on(say: Language) -> str:
    return say(
        GO_ON,
        tell_me=say("Tell me"),
        again=say("Again"),
        edit=say("Edit prompt"),
        go_on=say("Continue"),
        delete=say("Delete"),
    )


def lacking(interaction: Interaction) -> list[str]:
    """Return the permissions that the bot lacks where it was asked; a DM asks for none."""
    if interaction.guild_id is None:
        return []
    may = interaction.app_permissions
    has = {name: getattr(may, name) for name in LACKS} | {"send_messages": may_write(interaction)}
    return [name for name in LACKS if not has[name]]


async def setup(client: Client) -> None:
    """Add the command."""
    await client.add_cog(Help(client))

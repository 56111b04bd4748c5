"""The whole state of the stand-in: one guild, its people, and all that was said and done."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from sandbox.discord import permissions
from sandbox.discord.entities import (
    Channel,
    ChannelType,
    Guild,
    Member,
    Overwrite,
    Role,
    User,
)
from sandbox.discord.events import Event
from sandbox.discord.faults import Faults
from sandbox.discord.ids import (
    ALICE_ID,
    BOB_ID,
    BOT_ID,
    BOT_ROLE_ID,
    DM_ID,
    GUILD_ID,
    HIDDEN_CHANNEL_ID,
    MEMBER_ROLE_ID,
    MOD_ID,
    MOD_ROLE_ID,
    OWNER_ID,
    TEXT_CHANNEL_ID,
    THREAD_ID,
)
from sandbox.discord.ledger import Ledger
from sandbox.discord.permissions import Permission
from sandbox.discord.settings import Settings
from sandbox.discord.snowflakes import Snowflakes, time_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.discord.attachments import Attachment
    from sandbox.discord.commands.registry import Command
    from sandbox.discord.interactions.interaction import Interaction
    from sandbox.discord.messages.message import Message


class World:
    """People, channels and messages, with a version that grows at every change."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.snowflakes = Snowflakes(clock)
        self.settings = Settings()
        self.faults = Faults()
        self.ledger = Ledger(self)
        self.url = ""
        self.users = _users()
        self.guild = _guild(self.users)
        self._bot_membership = self.guild.members[BOT_ID]
        self.direct_channels = {DM_ID: _direct_channel(DM_ID, self.users[ALICE_ID])}
        self.messages: dict[int, Message] = {}
        self.attachments: dict[int, Attachment] = {}
        self.interactions: dict[int, Interaction] = {}
        self.interaction_tokens: dict[str, Interaction] = {}
        self.commands: dict[int, Command] = {}
        self.command_creates = 0
        # Held while a nonce is looked up and its message posted, so that two at once are one.
        self.nonces = asyncio.Lock()
        self.blocked_words: tuple[str, ...] = ()
        self.version = 0
        self._changed = asyncio.Event()
        self._listeners: list[Callable[[Event], None]] = []

    @property
    def bot(self) -> User:
        """Return the bot's account."""
        return self.users[BOT_ID]

    @property
    def bot_in_guild(self) -> bool:
        """Tell whether the bot is a member of the guild."""
        return BOT_ID in self.guild.members

    @property
    def now(self) -> datetime:
        """Return the present moment, to the millisecond of a new id."""
        return time_of(self.snowflakes.next())

    def channel(self, channel_id: int) -> Channel | None:
        """Return a channel, thread or direct conversation that exists."""
        return self.guild.channels.get(channel_id) or self.direct_channels.get(channel_id)

    def direct_channel_with(self, user: User) -> Channel:
        """Return the bot's conversation with somebody, opened if need be."""
        for channel in self.direct_channels.values():
            if channel.recipient is user:
                return channel
        channel = _direct_channel(self.snowflakes.next(), user)
        self.direct_channels[channel.id] = channel
        return channel

    def add_text_channel(self, name: str) -> Channel:
        """Return a new text channel of the guild, below the others."""
        channel_id, position = self.snowflakes.next(), len(self.guild.channels)
        channel = Channel(
            channel_id, ChannelType.TEXT, name, time_of(channel_id), position=position
        )
        self.guild.channels[channel_id] = channel
        return channel

    def permissions_of(self, user: User, channel: Channel) -> Permission:
        """Return what somebody may do in a channel: nothing if they are not in it."""
        if channel.is_dm:
            is_party = user in (channel.recipient, self.bot)
            return permissions.DIRECT_MESSAGE if is_party else permissions.NONE
        member = self.guild.members.get(user.id)
        if member is None:
            return permissions.NONE
        return permissions.in_channel(self.guild, channel, member)

    def remove_bot(self) -> None:
        """Take the bot out of the guild, and its guild commands with it."""
        self._bot_membership = self.guild.members.pop(BOT_ID)
        self.publish(Event("GUILD_DELETE", {"id": str(GUILD_ID)}, GUILD_ID))

    def invite_bot(self) -> None:
        """Bring the bot back into the guild."""
        self.guild.members[BOT_ID] = self._bot_membership

    def blocks(self, text: str) -> bool:
        """Tell whether automatic moderation stops a text."""
        lowered = text.lower()
        return any(word in lowered for word in self.blocked_words)

    def person(self, name: str | int) -> User | None:
        """Return an account by name or id; ``bot`` is the bot's, whatever it is called."""
        if name == "bot":
            return self.bot
        for user in self.users.values():
            if str(name) in (user.username, str(user.id)):
                return user
        return None

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have every event of the world handed to ``listener``."""
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """Hand an event to the listeners and wake who waits for a change."""
        for listener in self._listeners:
            listener(event)
        self.touch()

    def touch(self) -> None:
        """Note that something changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed_since(self, version: int, timeout_s: float) -> bool:
        """Wait until the world is newer than ``version``; tell whether it is."""
        return await self.wait_until(lambda: self.version > version, timeout_s)

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until a condition holds, looking at every change; tell whether it does."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await self._changed.wait()
        except TimeoutError:
            return condition()
        return True


def _users() -> dict[int, User]:
    people = (
        User(BOT_ID, "hailuo", bot=True),
        User(ALICE_ID, "alice", "Alice"),
        User(BOB_ID, "bob", "Bob"),
        User(MOD_ID, "mod", "Mod"),
        User(OWNER_ID, "owner", "Owner"),
    )
    return {user.id: user for user in people}


def _guild(users: dict[int, User]) -> Guild:
    # The everyone role allows nothing, so that the bot has what its invite asks for, no more.
    roles = (
        Role(GUILD_ID, "@everyone", permissions.NONE, position=0),
        Role(MEMBER_ROLE_ID, "member", permissions.EVERYDAY, position=1),
        Role(BOT_ROLE_ID, "hailuo", permissions.INVITE, position=2, managed_by=BOT_ID),
        Role(MOD_ROLE_ID, "mod", Permission.MANAGE_MESSAGES, position=3),
    )
    role_ids = {BOT_ID: [BOT_ROLE_ID], MOD_ID: [MEMBER_ROLE_ID, MOD_ROLE_ID]}
    members = {
        user.id: Member(user, time_of(user.id), role_ids.get(user.id, [MEMBER_ROLE_ID]))
        for user in users.values()
    }
    hidden = Overwrite(BOT_ROLE_ID, is_member=False, deny=Permission.VIEW_CHANNEL)
    channels = (
        Channel(TEXT_CHANNEL_ID, ChannelType.TEXT, "general", time_of(TEXT_CHANNEL_ID)),
        Channel(
            THREAD_ID,
            ChannelType.PUBLIC_THREAD,
            "a thread",
            time_of(THREAD_ID),
            parent_id=TEXT_CHANNEL_ID,
            owner_id=ALICE_ID,
        ),
        Channel(
            HIDDEN_CHANNEL_ID,
            ChannelType.TEXT,
            "hidden-from-the-bot",
            time_of(HIDDEN_CHANNEL_ID),
            position=1,
            overwrites={hidden.id: hidden},
        ),
    )
    return Guild(
        GUILD_ID,
        "The sandbox",
        OWNER_ID,
        roles={role.id: role for role in roles},
        members=members,
        channels={channel.id: channel for channel in channels},
    )


def _direct_channel(channel_id: int, user: User) -> Channel:
    return Channel(channel_id, ChannelType.DM, "", time_of(channel_id), recipient=user)

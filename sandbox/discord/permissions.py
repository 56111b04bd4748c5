"""Discord's permissions: the bits, and who may do what in a channel."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.discord.entities import Channel, Guild, Member


class Permission(IntFlag):
    """The permission bits this world knows (docs: topics/permissions)."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50

    @classmethod
    def named(cls, name: str) -> Permission:
        """Return the bit of a name in either case; ``KeyError`` if unknown."""
        return cls[name.upper()]


ALL = Permission((1 << 53) - 1)
NONE = Permission(0)

# What the invite link of the bot asks for, and nothing more.
INVITE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
)

# What an ordinary member may do.
EVERYDAY = (
    INVITE
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.USE_EXTERNAL_APPS
)

# docs: interactions/receiving-and-responding, app_permissions in a DM with the app's bot.
DIRECT_MESSAGE = (
    EVERYDAY | Permission.MENTION_EVERYONE | Permission.USE_EXTERNAL_EMOJIS
) & ~Permission.CREATE_PUBLIC_THREADS


def in_guild(guild: Guild, member: Member) -> Permission:
    """Return what a member's roles allow, before any channel has its say."""
    if member.user.id == guild.owner_id:
        return ALL
    allowed = guild.everyone.permissions
    for role_id in member.role_ids:
        allowed |= guild.roles[role_id].permissions
    return ALL if allowed & Permission.ADMINISTRATOR else allowed


def in_channel(guild: Guild, channel: Channel, member: Member) -> Permission:
    """Return what a member may do in a channel; a thread follows its parent channel."""
    if channel.parent_id in guild.channels:
        channel = guild.channels[channel.parent_id]
    allowed = in_guild(guild, member)
    if allowed == ALL:
        return ALL
    overwrites = channel.overwrites
    if everyone := overwrites.get(guild.id):
        allowed = (allowed & ~everyone.deny) | everyone.allow
    roles = [overwrites[role_id] for role_id in member.role_ids if role_id in overwrites]
    for overwrite in roles:
        allowed &= ~overwrite.deny
    for overwrite in roles:
        allowed |= overwrite.allow
    if own := overwrites.get(member.user.id):
        allowed = (allowed & ~own.deny) | own.allow
    return allowed

"""The things of the world: people, roles, channels and the guild that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - dataclass fields are read at run time
from enum import IntEnum

from sandbox.discord.permissions import NONE, Permission


class ChannelType(IntEnum):
    """The kinds of channel in this world."""

    TEXT = 0
    DM = 1
    PUBLIC_THREAD = 11


@dataclass(slots=True)
class User:
    """An account."""

    id: int
    username: str
    global_name: str | None = None
    bot: bool = False
    dms_open: bool = True


@dataclass(slots=True)
class Member:
    """An account in the guild."""

    user: User
    joined_at: datetime
    role_ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Role:
    """A named set of permissions."""

    id: int
    name: str
    permissions: Permission
    position: int
    managed_by: int | None = None


@dataclass(slots=True)
class Overwrite:
    """What a channel allows or denies one role or member."""

    id: int
    is_member: bool
    allow: Permission = NONE
    deny: Permission = NONE


@dataclass(slots=True)
class Channel:
    """A text channel, a thread in one, or a direct conversation with the bot."""

    id: int
    type: ChannelType
    name: str
    created_at: datetime
    parent_id: int | None = None
    owner_id: int | None = None
    recipient: User | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False
    last_message_id: int | None = None
    message_count: int = 0

    @property
    def is_dm(self) -> bool:
        """Tell whether this is a direct conversation."""
        return self.type is ChannelType.DM

    @property
    def is_thread(self) -> bool:
        """Tell whether this is a thread."""
        return self.type is ChannelType.PUBLIC_THREAD


@dataclass(slots=True)
class Guild:
    """The one server of this world."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role]
    members: dict[int, Member]
    channels: dict[int, Channel]
    preferred_locale: str = "en-US"

    @property
    def everyone(self) -> Role:
        """Return the role that all members have; its id is the guild's."""
        return self.roles[self.id]

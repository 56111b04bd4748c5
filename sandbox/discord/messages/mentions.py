"""Who a message pings (docs: resources/message, Allowed Mentions Object)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.discord.permissions import Permission
from sandbox.discord.shapes import Choice, Complaints, Flag, ListOf, Path, Record, Snowflake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.discord.world import World

USER_PATTERN = re.compile(r"<@!?(\d+)>")
ROLE_PATTERN = re.compile(r"<@&(\d+)>")
EVERYONE_PATTERN = re.compile(r"@(?:everyone|here)\b")
# Nothing inside code is a mention.
CODE_PATTERN = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
KINDS = ("everyone", "roles", "users")

SHAPE = Record(
    {
        "parse": ListOf(Choice(KINDS), 3),
        "users": ListOf(Snowflake(), 100),
        "roles": ListOf(Snowflake(), 100),
        "replied_user": Flag(),
    }
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The people and roles a message pings."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a sender lets a message ping; None of a kind's ids means any."""

    users: frozenset[int] | None = frozenset()
    roles: frozenset[int] | None = frozenset()
    everyone: bool = False
    replied_user: bool = False

    @classmethod
    def by_default(cls, *, from_interaction: bool) -> Allowed:
        """Return what holds when the sender says nothing."""
        if from_interaction:
            return cls(users=None, replied_user=True)
        return cls(users=None, roles=None, everyone=True, replied_user=True)

    @classmethod
    def parse(cls, given: dict[str, Any]) -> Allowed:
        """Return what an ``allowed_mentions`` object allows."""
        kinds = given.get("parse") or ()
        return cls(
            users=None if "users" in kinds else _ids(given.get("users")),
            roles=None if "roles" in kinds else _ids(given.get("roles")),
            everyone="everyone" in kinds,
            replied_user=bool(given.get("replied_user")),
        )


def check_exclusive(given: dict[str, Any], path: Path, complaints: Complaints) -> None:
    """Note a kind that is both parsed as a whole and listed by id."""
    for kind in ("users", "roles"):
        if kind in (given.get("parse") or ()) and given.get(kind):
            complaints.add(
                path,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )


def find(
    world: World,
    texts: Iterable[str],
    allowed: Allowed,
    *,
    sender: Permission,
    replied_to: int | None = None,
) -> Mentions:
    """Return whom the texts ping, given what is allowed and what the sender may."""
    text = CODE_PATTERN.sub("", "\n".join(texts))
    users = [int(found) for found in USER_PATTERN.findall(text)]
    roles = [int(found) for found in ROLE_PATTERN.findall(text)]
    pinged = [user_id for user_id in users if allowed.users is None or user_id in allowed.users]
    if replied_to is not None and allowed.replied_user:
        pinged.append(replied_to)
    may_ping_all = bool(sender & Permission.MENTION_EVERYONE)
    return Mentions(
        users=tuple(dict.fromkeys(user_id for user_id in pinged if user_id in world.users)),
        roles=tuple(
            role_id
            for role_id in dict.fromkeys(roles)
            if may_ping_all
            and role_id in world.guild.roles
            and (allowed.roles is None or role_id in allowed.roles)
        ),
        everyone=may_ping_all and allowed.everyone and bool(EVERYONE_PATTERN.search(text)),
    )


def _ids(values: list[Any] | None) -> frozenset[int]:
    return frozenset(int(value) for value in values or ())

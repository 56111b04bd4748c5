"""One REST call: what came in, what goes out, and the table entry that leads there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.discord import ratelimits
from sandbox.discord.errors import DiscordError
from sandbox.discord.ledger import Caller
from sandbox.discord.permissions import Permission
from sandbox.discord.shapes import Integer, Snowflake, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord.attachments import Upload
    from sandbox.discord.entities import Channel
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World


@dataclass(slots=True)
class Answer:
    """What a handler answers: a JSON body, or none with status 204."""

    body: Any = None
    status: int = 200


NO_CONTENT = Answer(status=204)


@dataclass(slots=True)
class Call:
    """A call with its path parameters, query, JSON body and uploaded files by number."""

    world: World
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    uploads: Mapping[int, Upload] = field(default_factory=dict)

    def id(self, name: str) -> int:
        """Return an id of the path; what is no id is refused."""
        require(Snowflake(), self.params[name], (name,))
        return int(self.params[name])

    def cursor(self, name: str) -> int | None:
        """Return an id of the query, if it is given."""
        if name not in self.query:
            return None
        require(Snowflake(), self.query[name], (name,))
        return int(self.query[name])

    def page_size(self, default: int, most: int = 100) -> int:
        """Return how many items a list shall show at most."""
        given = self.query.get("limit", str(default))
        size: int | str = int(given) if given.isdecimal() else given
        require(Integer(1, most), size, ("limit",))
        return int(size)

    def flag(self, name: str) -> bool:
        """Tell whether a query parameter is set."""
        return self.query.get(name, "").lower() in ("1", "true")

    def channel(self) -> Channel:
        """Return the channel of the path if the bot can see it."""
        channel = self.world.channel(self.id("channel_id"))
        if channel is None:
            raise DiscordError(10003)
        self.need(channel, Permission.VIEW_CHANNEL)
        return channel

    def need(self, channel: Channel, needed: Permission) -> None:
        """Refuse the call unless the bot has these permissions in the channel."""
        allowed = self.world.permissions_of(self.world.bot, channel)
        if not allowed & Permission.VIEW_CHANNEL:
            raise DiscordError(50001)
        if needed & ~allowed:
            raise DiscordError(50013)

    def message(self, channel: Channel) -> Message:
        """Return the message of the path; an ephemeral one does not exist for the bot token."""
        message = self.world.messages.get(self.id("message_id"))
        is_here = message is not None and message.channel is channel
        if message is None or not is_here or message.deleted or message.is_ephemeral:
            raise DiscordError(10008)
        return message


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table: where a call goes, who may make it, how often."""

    method: str
    template: str
    handler: Handler
    limit: ratelimits.Limit = ratelimits.DEFAULT
    who: Caller = Caller.BOT

    @property
    def bucket(self) -> ratelimits.Limit:
        """Return the limit that counts here: without one of its own, a route has a fresh one."""
        if self.limit is not ratelimits.DEFAULT:
            return self.limit
        return replace(self.limit, name=f"{self.method} {self.template}")

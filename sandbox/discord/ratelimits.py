"""Rate limits: a bucket per route and major parameter, and one for the whole bot.

docs: topics/rate-limits. The numbers per route are not documented; these are the ones met in the
field (see the comments), small enough that a client's own limiter has to work.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.discord.errors import DiscordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord.world import World

GLOBAL_REQUESTS_PER_S = 50
SWITCHED_OFF = 10_000
CROWDED = 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds, for each value of the major parameters."""

    name: str
    requests: int
    per_s: float
    major: tuple[str, ...] = ()

    @property
    def bucket(self) -> str:
        """Return the opaque name that Discord's header carries."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:32]


DEFAULT = Limit("default", 10, 1.0)
COMMANDS = Limit("commands", 5, 20.0)
# "One edit a second per channel": discord-net/Discord.Net#2375.
CREATE_MESSAGE = Limit("create message", 5, 5.0, ("channel_id",))
EDIT_MESSAGE = Limit("edit message", 5, 5.0, ("channel_id",))
READ_MESSAGES = Limit("read messages", 5, 1.0, ("channel_id",))
DELETE_MESSAGE = Limit("delete message", 5, 1.0, ("channel_id",))
# One reaction each 250 ms, known since discord/discord-api-docs#182.
REACTIONS = Limit("reactions", 1, 0.25, ("channel_id",))
TYPING = Limit("typing", 5, 5.0, ("channel_id",))
CALLBACK = Limit("callback", 5, 5.0, ("interaction_id",))
WEBHOOK = Limit("webhook", 5, 2.0, ("webhook_id", "webhook_token"))
_GLOBAL = Limit("global", GLOBAL_REQUESTS_PER_S, 1.0)


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


class RateLimitedError(DiscordError):
    """A call over its limit."""

    def __init__(self, retry_after: float, scope: str) -> None:
        super().__init__(
            0,
            status=429,
            message="You are being rate limited.",
            retry_after=round(retry_after, 3),
            **{"global": scope == "global"},
        )
        self.scope = scope


class RateLimits:
    """The windows of all buckets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: dict[tuple[str, ...], _Window] = {}

    def take(self, limit: Limit, params: Mapping[str, str]) -> None:
        """Count a call against its bucket, or refuse it."""
        if not self._world.settings.rate_limits:
            return
        window = self._window(limit, params)
        if window.used >= limit.requests:
            raise RateLimitedError(window.ends_at - self._world.clock(), "user")
        window.used += 1

    def take_global(self) -> None:
        """Count a bot-token call against the limit of the whole bot, or refuse it."""
        if not self._world.settings.rate_limits:
            return
        window = self._window(_GLOBAL, {})
        if window.used >= _GLOBAL.requests:
            raise RateLimitedError(window.ends_at - self._world.clock(), "global")
        window.used += 1

    def headers(self, limit: Limit, params: Mapping[str, str]) -> dict[str, str]:
        """Return how the call's bucket stands, as answer headers."""
        now = self._world.clock()
        window = self._window(limit, params)
        allowed = limit.requests if self._world.settings.rate_limits else SWITCHED_OFF
        left_s = math.ceil((window.ends_at - now) * 1000) / 1000
        return {
            "X-RateLimit-Limit": str(allowed),
            "X-RateLimit-Remaining": str(max(0, allowed - window.used)),
            "X-RateLimit-Reset": f"{now + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": limit.bucket,
        }

    def _window(self, limit: Limit, params: Mapping[str, str]) -> _Window:
        now = self._world.clock()
        key = (limit.name, *(params.get(name, "") for name in limit.major))
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            if len(self._windows) > CROWDED:
                self._windows = {k: v for k, v in self._windows.items() if v.ends_at > now}
            window = self._windows[key] = _Window(now + limit.per_s)
        return window

"""Counts the requests that Discord calls invalid, so that the bot stops long before a ban.

It stops at once, and for as long as it is told, where what stands before Discord turns it away: a
429 without Via is a ban of the address, and discord.py neither waits nor tries again for it.

Discord blocks an address that is answered 401, 403 or 429 more than 10,000 times in 10 minutes
(https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans).
"""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import aiohttp
import structlog

from cogs.ui import codes
from hailuo.retry_after import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    from hailuo.clock import Clock

log = structlog.get_logger(__name__)

WINDOW: Final = timedelta(minutes=10)
PROGRESS_UNTIL: Final = 250
"""Invalid requests in a window from which on progress is no longer drawn."""
ENDS_UNTIL: Final = 1000
"""Invalid requests in a window from which on nothing is sent: a tenth of what Discord bears."""
BAN_UNLESS_TOLD: Final = timedelta(minutes=1)

_INVALID: Final = frozenset({401, 403, 429})
_RATE_LIMITED: Final = 429


class OldMessageError(Exception):
    """A message older than an hour was edited too often (30046)."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__("edited too often for its age")
        self.retry_after = retry_after


class InvalidRequests:
    """The invalid requests of this process in the last ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: deque[float] = deque()
        self._banned_until = float("-inf")

    @property
    def count(self) -> int:
        """How many there were in the last ten minutes."""
        horizon = self._clock.monotonic() - WINDOW.total_seconds()
        while self._at and self._at[0] <= horizon:
            self._at.popleft()
        return len(self._at)

    @property
    def progress_stops(self) -> bool:
        """Whether what is left is saved up for the ends of jobs."""
        return self.count >= PROGRESS_UNTIL or self.pause is not None

    @property
    def pause(self) -> timedelta | None:
        """How long nothing may be sent; None while there is room."""
        now, frees_at = self._clock.monotonic(), self._banned_until
        over = self.count - ENDS_UNTIL
        if over >= 0:
            frees_at = max(frees_at, self._at[over] + WINDOW.total_seconds())
        elif frees_at <= now:
            return None
        return timedelta(seconds=max(1.0, frees_at - now))

    def note(self, status: int, scope: str | None = None) -> None:
        """Count an answer, if Discord counts it: a limit shared with others is not our fault."""
        if status not in _INVALID or (status == _RATE_LIMITED and scope == "shared"):
            return
        self._at.append(self._clock.monotonic())
        if self.count in (PROGRESS_UNTIL, ENDS_UNTIL):
            log.error("many invalid requests", in_ten_minutes=self.count)

    def _banned(self, headers: Mapping[str, str]) -> None:
        """Send nothing for as long as an answer from before Discord says."""
        pause = parse_retry_after(headers, self._clock.now()) or BAN_UNLESS_TOLD
        log.error("discord lets nothing through", pause=pause)
        self._banned_until = self._clock.monotonic() + pause.total_seconds()

    def trace(self) -> aiohttp.TraceConfig:
        """Return what shows this every answer that discord.py gets."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_answer)
        return trace

    async def _on_answer(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        answer: aiohttp.TraceRequestEndParams,
    ) -> None:
        """Count it; break off where discord.py would sleep and edit an old message again.

        discord.py takes 30046 for any other rate limit and repeats the edit up to five times,
        though a new message would reach the member at once.
        """
        response = answer.response
        self.note(response.status, response.headers.get("X-RateLimit-Scope"))
        if response.status == _RATE_LIMITED and "Via" not in response.headers:
            self._banned(response.headers)
        if response.status != _RATE_LIMITED or response.content_type != "application/json":
            return
        body = await response.json()
        if isinstance(body, dict) and body.get("code") == codes.OLD_MESSAGE:
            raise OldMessageError(parse_retry_after(response.headers, self._clock.now()))

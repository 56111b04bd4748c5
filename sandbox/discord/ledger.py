"""The ledger: every call that reached the stand-in, and how it was answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.discord.world import World

# docs: topics/rate-limits, "Invalid Request Limit"; a 429 of shared scope does not count.
INVALID_STATUSES = frozenset({401, 403, 429})
_TOKENS = re.compile(r"^(/(?:webhooks|interactions)/[^/]+/)[^/]+")


class Caller(StrEnum):
    """On whose authority a call came."""

    BOT = "bot"
    INTERACTION = "interaction"
    CDN = "cdn"


@dataclass(slots=True)
class Entry:
    """One call; ``status`` is a number, ``drop`` or ``hang``, or None while it is under way."""

    at: float
    method: str
    route: str
    path: str
    who: Caller
    status: int | str | None = None
    code: int | None = None
    shared: bool = False

    @property
    def is_invalid(self) -> bool:
        """Tell whether Discord would count the call against the invalid-request limit."""
        return self.status in INVALID_STATUSES and not self.shared

    def as_json(self) -> dict[str, Any]:
        """Return the entry for the control API."""
        return {
            "at": datetime.fromtimestamp(self.at, tz=UTC).isoformat(),
            "method": self.method,
            "route": f"{self.method} {self.route}",
            "path": self.path,
            "who": str(self.who),
            "status": self.status,
            "code": self.code,
        }


class Ledger:
    """All calls, oldest first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.entries: list[Entry] = []

    def begin(self, method: str, route: str, path: str, who: Caller) -> Entry:
        """Note that a call came in."""
        entry = Entry(self._world.clock(), method, route, masked(path), who)
        self.entries.append(entry)
        self._world.touch()
        return entry

    def end(self, entry: Entry, status: int | str, code: int | None = None) -> None:
        """Note how the call was answered."""
        entry.status = status
        entry.code = code
        self._world.touch()

    @property
    def invalid_requests(self) -> int:
        """Return how many calls count against Discord's invalid-request limit."""
        return sum(entry.is_invalid for entry in self.entries)


def masked(path: str) -> str:
    """Return a path without the interaction token in it."""
    return _TOKENS.sub(r"\1[token]", path)

"""What the stand-in saw: every call, and whatever a careful client would never do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .clock import iso

if TYPE_CHECKING:
    from .changes import Changes


@dataclass(slots=True, eq=False)
class Call:
    """One HTTP call; the status is an int, a fault's word, or None while unanswered."""

    at: float
    method: str
    path: str
    route: str
    status: int | str | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /sandbox/ledger` shows of it."""
        return {
            "at": iso(self.at),
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "status": self.status,
            "fault": self.fault,
        }


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something a careful client does not do."""

    at: float
    method: str
    path: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /sandbox/ledger` shows of it."""
        return {
            "at": iso(self.at),
            "method": self.method,
            "path": self.path,
            "reason": self.reason,
        }


class Ledger:
    """Keep calls and suspicions in order; no header and no body is ever kept."""

    def __init__(self, changes: Changes) -> None:
        self.calls: list[Call] = []
        self.suspicions: list[Suspicion] = []
        self._changes = changes

    def open(self, call: Call) -> Call:
        """Enter a call when it arrives."""
        self.calls.append(call)
        self._changes.notify()
        return call

    def close(self, call: Call, status: int | str) -> None:
        """Note how a call was answered."""
        call.status = status
        self._changes.notify()

    def suspect(self, call: Call, reason: str) -> None:
        """Flag a call."""
        self.suspicions.append(Suspicion(call.at, call.method, call.path, reason))

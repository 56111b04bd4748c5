"""Gateway sessions: what a client asked for, and the events it can still be sent again."""

from __future__ import annotations

import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sandbox.discord.events import Event

REPLAY_LIMIT = 1000
RESUME_WINDOW_S = 180.0


class Connection(Protocol):
    """The open websocket of a session."""

    def send(self, frame: str) -> None:
        """Queue a frame."""
        ...


@dataclass(slots=True)
class Session:
    """One identified client; it outlives its connection, so that it can be resumed."""

    shard: tuple[int, int]
    intents: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    connection: Connection | None = None
    disconnected_at: float | None = None
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_LIMIT))

    def offer(self, event: Event) -> None:
        """Send an event if it concerns this session, or keep it for a resume."""
        if event.reaches(self.intents, self.shard):
            self.dispatch(event.name, event.payload_for(self.intents))

    def dispatch(self, name: str, payload: Any) -> None:
        """Send or keep a numbered event."""
        self.sequence += 1
        frame = json.dumps({"op": 0, "t": name, "s": self.sequence, "d": payload})
        self._sent.append((self.sequence, frame))
        if self.connection is not None:
            self.connection.send(frame)

    def is_stale(self, now: float) -> bool:
        """Tell whether nobody came back for the session in time."""
        return self.disconnected_at is not None and now - self.disconnected_at > RESUME_WINDOW_S

    def can_resume_from(self, sequence: int) -> bool:
        """Tell whether every event after ``sequence`` is still kept."""
        oldest = self._sent[0][0] if self._sent else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence

    def resume(self, connection: Connection, sequence: int) -> None:
        """Take a new connection and send it what was missed."""
        for number, frame in self._sent:
            if number > sequence:
                connection.send(frame)
        self.connection = connection
        self.disconnected_at = None
        self.dispatch("RESUMED", {})

"""Gateway events, and the intents that decide who gets them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from sandbox.discord.ids import BOT_ID
from sandbox.discord.snowflakes import TIMESTAMP_SHIFT

# docs: events/gateway. What of a message is blank without the message-content intent.
_CONTENT_FIELDS: dict[str, Any] = {
    "content": "",
    "embeds": [],
    "attachments": [],
    "components": [],
}


class Intent(IntFlag):
    """Groups of events a client may ask for (docs: events/gateway)."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    MESSAGE_CONTENT = 1 << 15


KNOWN_INTENTS = (1 << 22) - 1 & ~(1 << 17 | 1 << 18 | 1 << 19) | 1 << 24 | 1 << 25
PRIVILEGED_INTENTS = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for the shard of its guild, if the intent was asked for.

    ``intent`` None means that no intent is needed; ``guild_id`` None goes to shard 0.
    """

    name: str
    payload: dict[str, Any]
    guild_id: int | None
    intent: Intent | None = None

    def reaches(self, intents: int, shard: tuple[int, int]) -> bool:
        """Tell whether a session with these intents on this shard gets the event."""
        wanted = self.intent is None or bool(intents & self.intent)
        number, count = shard
        home = 0 if self.guild_id is None else (self.guild_id >> TIMESTAMP_SHIFT) % count
        return wanted and home == number

    def payload_for(self, intents: int) -> dict[str, Any]:
        """Return the payload, without message content where that needs its own intent."""
        if not self.name.startswith("MESSAGE_") or "content" not in self.payload:
            return self.payload
        if intents & Intent.MESSAGE_CONTENT or self.guild_id is None or self._concerns_the_bot():
            return self.payload
        return {**self.payload, **_CONTENT_FIELDS}

    def _concerns_the_bot(self) -> bool:
        people = [self.payload["author"], *self.payload["mentions"]]
        return any(person["id"] == str(BOT_ID) for person in people)

"""The knobs of the stand-in, with Discord's own values as defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

MIB = 1024 * 1024
LARGEST = 1_000_000_000
"""Thirty years, or a gigabyte: more would leave the calendar."""


class UnknownSettingError(ValueError):
    """A setting that does not exist, or a value that it cannot have."""


@dataclass(slots=True)
class Settings:
    """What a test may shorten, shrink or switch off while the world runs.

    Times are seconds, sizes bytes.
    """

    ack_deadline_s: float = 3.0
    token_lifetime_s: float = 900.0
    attachment_limit: int = 20 * MIB
    guild_attachment_limit: int | None = None
    cdn_lifetime_s: float = 86_400.0
    nonce_window_s: float = 300.0
    old_message_age_s: float = 3600.0
    old_message_edits: int = 3
    old_message_window_s: float = 60.0
    rate_limits: bool = True
    privileged_intents: bool = False
    heartbeat_interval_ms: int = 41_250
    shards: int = 1

    @property
    def bot_attachment_limit(self) -> int:
        """Return what one file of a bot-token upload may weigh."""
        if self.guild_attachment_limit is None:
            return self.attachment_limit
        return self.guild_attachment_limit

    @property
    def request_limit(self) -> int:
        """Return what a whole request may weigh (docs: resources/message, Limitations)."""
        return max(25 * MIB, self.attachment_limit + 5 * MIB)

    def update(self, values: dict[str, Any]) -> None:
        """Set several knobs at once, or none if one of them is wrong."""
        kinds = {knob.name: type(knob.default) for knob in fields(self)}
        kinds["guild_attachment_limit"] = int
        for name, value in values.items():
            if name not in kinds:
                raise UnknownSettingError(f"no setting is called {name!r}")
            if name == "guild_attachment_limit" and value is None:
                continue
            wanted = (int, float) if kinds[name] is float else kinds[name]
            is_flag = isinstance(value, bool)
            if not isinstance(value, wanted) or is_flag != (kinds[name] is bool):
                raise UnknownSettingError(f"{name} must be {kinds[name].__name__}, not {value!r}")
            if not 0 <= value <= LARGEST:
                raise UnknownSettingError(f"{name} must be 0 to {LARGEST}, not {value!r}")
        for name, value in values.items():
            setattr(self, name, value)

"""What was learned about a card, kept with its job as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class Way(StrEnum):
    """A way to the member, the best first."""

    TOKEN = "token"  # noqa: S105 - the name of a way
    MESSAGE = "message"
    POSTED = "posted"
    CHANNEL = "channel"
    DM = "dm"


EDITS: Final = (Way.TOKEN, Way.MESSAGE)
POSTS: Final = (Way.CHANNEL, Way.DM)
REDRAWS: Final = (Way.POSTED,)
"""What was posted in the card's place is the job's message from then on."""


class Act(StrEnum):
    """What is tried there; a channel may refuse files but take text, or be read alone."""

    TEXT = "text"
    FILE = "file"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What was learned about one card."""

    picture_id: str | None = None
    """The picture's attachment id: an edit that brings the video must list it to keep it."""
    gone: frozenset[str] = frozenset()
    posting_at: datetime | None = None
    """When a new message was last about to be posted: look for it before posting again."""
    upload_limit: int | None = None
    """The bytes that a file may have where Discord took less than it had promised."""
    quota: tuple[int, int] | None = None
    """How many of the member's videos counted when the card was drawn, and of how many."""
    posted: Place | None = None
    """The new message that shows the job's end in the card's place."""
    posted_for: str | None = None
    """What that message shows: one that says "unclear" is yet to become the video."""

    @classmethod
    def load(cls, data: Mapping[str, object]) -> Self:
        """Read what `dump` wrote."""
        gone = data.get("gone")
        picture_id = data.get("picture_id")
        posting_at = data.get("posting_at")
        upload_limit = data.get("upload_limit")
        posted, quota = data.get("posted"), data.get("quota")
        posted_for = data.get("posted_for")
        return cls(
            picture_id=picture_id if isinstance(picture_id, str) else None,
            gone=frozenset(map(str, gone)) if isinstance(gone, list) else frozenset(),
            posting_at=(
                datetime.fromisoformat(posting_at) if isinstance(posting_at, str) else None
            ),
            upload_limit=upload_limit if isinstance(upload_limit, int) else None,
            quota=(int(quota[0]), int(quota[1])) if isinstance(quota, list) else None,
            posted=Place(*map(int, posted)) if isinstance(posted, list) else None,
            posted_for=posted_for if isinstance(posted_for, str) else None,
        )

    def dump(self) -> dict[str, object]:
        """Return this as JSON."""
        return {
            "picture_id": self.picture_id,
            "gone": sorted(self.gone),
            "posting_at": self.posting_at.isoformat() if self.posting_at is not None else None,
            "upload_limit": self.upload_limit,
            "quota": list(self.quota) if self.quota else None,
            "posted": [self.posted.channel_id, self.posted.message_id] if self.posted else None,
            "posted_for": self.posted_for,
        }

    def without(self, *ways: Way, act: Act | None = None) -> Memory:
        """Return this with ways closed: for files or looks alone, or for all that is sent."""
        acts = (Act.TEXT, Act.FILE) if act in (None, Act.TEXT) else (act,)
        return replace(self, gone=self.gone | {f"{way}/{one}" for way in ways for one in acts})

    def has(self, way: Way, act: Act) -> bool:
        """Tell whether a way is still open for an act."""
        return f"{way}/{act}" not in self.gone

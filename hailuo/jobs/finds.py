"""Finds: the pictures of a message that a member wants to animate, until they have said how.

A modal cannot carry them, and must outlive a restart; so they lie in files for an hour, as offers
do, and every process that shares the folder can read them.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hailuo.errors import HailuoError
from hailuo.jobs.job import JobId, UserId
from hailuo.jobs.sources import Linked, MediaKind
from hailuo.wording import N_

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.clock import Clock

LIFETIME: Final = timedelta(hours=1)


class FindGoneError(HailuoError):
    """What the form was about is forgotten, or was another member's."""

    sentence: ClassVar[str] = N_(
        "This form is over an hour old, so its picture is forgotten. Nothing was counted; please "
        "choose it again from the message's menu."
    )


class NoPictureError(HailuoError):
    """A message that shows nothing to animate."""

    sentence: ClassVar[str] = N_(
        "There is no picture on this message that the bot can read, and no video. Nothing was "
        "counted."
    )


@dataclass(frozen=True, slots=True)
class Find:
    """What one member found on one message."""

    id: JobId
    user_id: UserId
    media: tuple[Linked, ...]
    place: str
    """Where the message is: its link."""
    picture_of: UserId | None = None
    """Whose picture it is, where it is not the finder's own."""
    parent_id: JobId | None = None
    """The job whose card it was on."""


class Finds:
    """Keeps finds for their members."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def keep(self, find: Find) -> None:
        """Remember a find for a while."""
        note = self._note(find.id)
        draft = note.with_suffix(".part")
        await asyncio.to_thread(draft.write_text, json.dumps(asdict(find)))
        await asyncio.to_thread(draft.replace, note)

    async def look(self, find_id: JobId, user_id: UserId) -> Find:
        """Return a member's own find; raise `FindGoneError` for any other."""
        found = await asyncio.to_thread(self._load, find_id)
        if found is None or found.user_id != user_id:
            raise FindGoneError(f"{find_id} of {user_id}")
        return found

    def _load(self, find_id: JobId) -> Find | None:
        note = self._note(find_id)
        try:
            kept_at = datetime.fromtimestamp(note.stat().st_mtime, UTC)
            text = note.read_text()
        except FileNotFoundError:
            return None
        return _read(json.loads(text)) if kept_at >= self._clock.now() - LIFETIME else None

    def _note(self, find_id: JobId) -> Path:
        return self._folder / f"{find_id}.json"


def _read(data: dict[str, Any]) -> Find:
    picture_of, parent_id = data["picture_of"], data["parent_id"]
    return Find(
        id=JobId(data["id"]),
        user_id=UserId(data["user_id"]),
        media=tuple(Linked(item["url"], MediaKind(item["kind"])) for item in data["media"]),
        place=data["place"],
        picture_of=None if picture_of is None else UserId(picture_of),
        parent_id=None if parent_id is None else JobId(parent_id),
    )

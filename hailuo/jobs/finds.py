"""Finds: what a member wants to animate, until they have said how, or that it is meant."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from hailuo.errors import HailuoError
from hailuo.jobs.job import JobId, UserId
from hailuo.jobs.notes import Notes
from hailuo.jobs.offers import OfferGoneError
from hailuo.jobs.sources import Linked, MediaKind
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from hailuo.clock import Clock

MOST_OPEN: Final = 25
"""Finds of one member: a few kilobytes of links each."""


class FindGoneError(HailuoError):
    """What the form was about is forgotten, or was another member's."""

    sentence: ClassVar[str] = N_(
        "This form is over an hour old, or what it was about was deleted. Nothing was counted; "
        "please choose the picture again from its message's menu."
    )


class NoPictureError(HailuoError):
    """A message that shows nothing to animate."""

    sentence: ClassVar[str] = N_(
        "There is no picture on this message that the bot can read, and no video. Nothing was "
        "counted."
    )


class OwnerUnknownError(HailuoError):
    """Nobody can tell whose picture it is, so nobody can tell whether its member shares it."""

    sentence: ClassVar[str] = N_(
        "The bot cannot tell whose picture this is, so it leaves it alone. Nothing was counted; "
        "please choose the message that it was first posted in."
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
        self._notes = Notes(folder, clock, most=MOST_OPEN)

    async def keep(self, find: Find) -> None:
        """Remember a find for a while."""
        await self._notes.keep(find.id, find.user_id, asdict(find))

    async def look(self, find_id: JobId, user_id: UserId) -> Find:
        """Return a member's own find; raise `FindGoneError` for any other."""
        data = await self._notes.look(find_id, user_id)
        if data is None:
            raise FindGoneError(f"{find_id} of {user_id}")
        return _read(data)

    @asynccontextmanager
    async def taking(self, find_id: JobId, user_id: UserId) -> AsyncGenerator[Find]:
        """Take a member's own find, once; it can be taken again where the block fails.

        Raises `OfferGoneError` where there is nothing to take.
        """
        data = await self._notes.look(find_id, user_id)
        if data is None or not await self._notes.close(find_id, user_id):
            raise OfferGoneError(f"{find_id} of {user_id}")
        try:
            yield _read(data)
        except Exception:
            await self._notes.reopen(find_id, user_id)
            raise
        await self._notes.withdraw(find_id, user_id)


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

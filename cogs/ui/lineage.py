"""Where a job comes from: who shares its picture, and which message it began on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.language import Language
    from hailuo.jobs.job import GuildId, Job, JobId, Request, UserId

KIND: Final = "origin"
PLACE: Final = "origin_url"
"""The keys under which the origin is kept with the job's card."""


class OriginKind(StrEnum):
    """How one job came from another, or from a message."""

    AGAIN = "again"
    EDIT = "edit"
    CONTINUE = "continue"
    PICTURE = "picture"


_LINES: Final[Mapping[str, str]] = {
    OriginKind.AGAIN: N_("[this video]({url}) once more"),
    OriginKind.EDIT: N_("[this video]({url}) with another prompt"),
    OriginKind.CONTINUE: N_("continues [this video]({url})"),
    OriginKind.PICTURE: N_("with a picture from [this message]({url})"),
}


_KINDS: Final[Mapping[str, OriginKind]] = {kind.value: kind for kind in OriginKind}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a new job is to know of where it comes from."""

    kind: OriginKind
    place: str
    """The link to the message it began on."""
    parent_id: JobId | None = None
    picture_of: UserId | None = None
    """Whose picture it is, where it is not the new job's own member's."""
    private_in: GuildId | None = None
    """The server of a private card; what comes of it is private too, under the same limits."""

    def of(self, request: Request) -> Request:
        """Return a request that comes from here."""
        memory = {**request.card.memory, KIND: self.kind.value, PLACE: self.place}
        return replace(
            request,
            private=self.private_in is not None,
            guild_id=self.private_in or request.guild_id,
            parent_id=self.parent_id,
            picture_of=self.picture_of,
            card=replace(request.card, memory=memory),
        )


def without_origin(request: Request) -> Request:
    """Return a request that says nothing of where it comes from."""
    memory = {name: value for name, value in request.card.memory.items() if name != PLACE}
    return replace(request, card=replace(request.card, memory=memory))


def came_from(job: Job, url: str, say: Language) -> str:
    """Say how a job came from the one at ``url``."""
    kind = job.request.card.memory.get(KIND)
    origin = _KINDS.get(str(kind), OriginKind.CONTINUE)
    return say(_LINES[origin], url=url)


def origin_line(job: Job, say: Language) -> str | None:
    """Return the small line that tells where a job comes from; None where it began by itself."""
    kind, place = job.request.card.memory.get(KIND), job.request.card.memory.get(PLACE)
    line = _LINES.get(kind) if isinstance(kind, str) else None
    return None if line is None or not place else f"-# {say(line, url=place)}"

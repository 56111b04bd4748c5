"""Offers: a picture that breaks a rule on sizes, repaired in each way there is, to choose from.

Nothing is counted and nothing is sent until its member takes one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from hailuo.errors import HailuoError
from hailuo.images.picture import Size
from hailuo.images.repair import RepairKind
from hailuo.images.repairs import plan
from hailuo.jobs.job import GuildId, JobId, UserId, job_id_of
from hailuo.jobs.notes import Notes
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.images.doctor import PictureDoctor
    from hailuo.images.repair import Repair
    from hailuo.jobs.job import Request

MOST_OPEN: Final = 5
"""Open offers of one member, each of which holds pictures on our disk."""


class OfferGoneError(HailuoError):
    """The offer was taken, withdrawn, or is too old."""

    sentence: ClassVar[str] = N_(
        "This offer is no longer open: it was taken already, is over an hour old, or was about a "
        "video that is deleted. Nothing was counted now; please ask again."
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to repair the picture, done already: ``path`` is what would be animated."""

    kind: RepairKind
    path: Path
    width: int
    height: int
    enlargement: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a member may choose from, and what they asked for."""

    id: JobId
    user_id: UserId
    prompt: str
    prompt_optimizer: bool
    size: Size
    """The picture's own, which breaks a rule."""
    choices: tuple[Choice, ...]
    parent_id: JobId | None = None
    picture_of: UserId | None = None
    private_in: GuildId | None = None
    """The server whose limits a private card stands under; None where the card is public."""
    memory: Mapping[str, object] = field(default_factory=dict[str, object])
    """What the card is to know from its beginning; as `CardAddress` has it."""

    @classmethod
    def of(cls, request: Request, size: Size, choices: Iterable[Choice]) -> Self:
        """Return an offer of what a request asks for."""
        return cls(
            id=job_id_of(request.interaction_id),
            user_id=request.user_id,
            prompt=request.prompt,
            prompt_optimizer=request.prompt_optimizer,
            size=size,
            choices=tuple(choices),
            parent_id=request.parent_id,
            picture_of=request.picture_of,
            private_in=request.guild_id if request.private else None,
            memory=request.card.memory,
        )

    def inherited(self, request: Request) -> Request:
        """Return the request that takes this offer, come from where the offer's own did."""
        return replace(
            request,
            private=self.private_in is not None,
            guild_id=self.private_in or request.guild_id,
            parent_id=self.parent_id,
            picture_of=self.picture_of,
            card=replace(request.card, memory=self.memory),
        )


class Offers:
    """Makes offers and keeps them until one is taken."""

    def __init__(self, folder: Path, doctor: PictureDoctor, clock: Clock) -> None:
        self._folder = folder
        self._doctor = doctor
        self._notes = Notes(folder, clock, most=MOST_OPEN)

    async def make(self, request: Request, source: Path, size: Size) -> Offer:
        """Repair the picture at ``source`` in every way that `plan` knows, and keep the outcome."""
        offer_id = job_id_of(request.interaction_id)
        choices = [await self._repair(offer_id, source, repair) for repair in plan(size)]
        offer = Offer.of(request, size, choices)
        await self._notes.keep(offer.id, offer.user_id, _dump(offer))
        return offer

    async def look(
        self, offer_id: JobId, kind: RepairKind, user_id: UserId
    ) -> tuple[Offer, Choice]:
        """Return an open offer of a member and a choice of it; raise `OfferGoneError`."""
        data = await self._notes.look(offer_id, user_id)
        if data is not None:
            offer = _read(data, self._folder)
            for choice in offer.choices:
                if choice.kind is kind:
                    return offer, choice
        raise OfferGoneError(f"{offer_id} of {user_id}, {kind}")

    async def close(self, offer: Offer) -> None:
        """Close an offer for its taker; of several at once, all but one get `OfferGoneError`."""
        if not await self._notes.close(offer.id, offer.user_id):
            raise OfferGoneError(f"{offer.id} was taken")

    async def reopen(self, offer: Offer) -> None:
        """Open an offer again that came to nothing, unless its member withdrew it meanwhile."""
        await self._notes.reopen(offer.id, offer.user_id)

    async def withdraw(self, offer_id: JobId, user_id: UserId) -> None:
        """Forget a member's own offer and its pictures."""
        await self._notes.withdraw(offer_id, user_id)

    async def _repair(self, offer_id: JobId, source: Path, repair: Repair) -> Choice:
        draft = self._folder / f"{offer_id}-{repair.kind}"
        picture = await self._doctor.repair(source, draft, repair)
        path = draft.with_name(draft.name + picture.format.suffix)
        await asyncio.to_thread(draft.replace, path)
        return Choice(
            kind=repair.kind,
            path=path,
            width=repair.result.width,
            height=repair.result.height,
            enlargement=repair.enlargement,
        )


def _dump(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "user_id": offer.user_id,
        "prompt": offer.prompt,
        "prompt_optimizer": offer.prompt_optimizer,
        "size": [offer.size.width, offer.size.height],
        "choices": [
            {
                "kind": choice.kind,
                "name": choice.path.name,
                "width": choice.width,
                "height": choice.height,
                "enlargement": choice.enlargement,
            }
            for choice in offer.choices
        ],
        "parent_id": offer.parent_id,
        "picture_of": offer.picture_of,
        "private_in": offer.private_in,
        "memory": dict(offer.memory),
    }


def _read(data: dict[str, Any], folder: Path) -> Offer:
    return Offer(
        id=JobId(data["id"]),
        user_id=UserId(data["user_id"]),
        prompt=data["prompt"],
        prompt_optimizer=data["prompt_optimizer"],
        size=Size(*data["size"]),
        choices=tuple(
            Choice(
                kind=RepairKind(item["kind"]),
                path=folder / item["name"],
                width=item["width"],
                height=item["height"],
                enlargement=item["enlargement"],
            )
            for item in data["choices"]
        ),
        parent_id=None if data["parent_id"] is None else JobId(data["parent_id"]),
        picture_of=None if data["picture_of"] is None else UserId(data["picture_of"]),
        private_in=None if data["private_in"] is None else GuildId(data["private_in"]),
        memory=data["memory"],
    )

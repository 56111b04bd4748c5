"""Offers: pictures that are ready to be animated, to choose from before anything begins.

One that breaks a rule on sizes is offered repaired in each way there is; one that is to be
animated again is offered as it is. Nothing is counted and nothing is sent until its member takes
one. An offer lives for an hour, as files of its own: it survives a restart and needs no row.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from hailuo.errors import HailuoError
from hailuo.images.picture import Size
from hailuo.images.repair import CropPlace, RepairKind
from hailuo.images.repairs import plan
from hailuo.jobs.job import JobId, UserId, job_id_of
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.images.doctor import PictureDoctor
    from hailuo.images.repair import Repair
    from hailuo.jobs.job import Picture, Request

LIFETIME: Final = timedelta(hours=1)
MOST_OPEN: Final = 5
"""Open offers of one member: asking costs nothing, and each holds pictures on our disk."""


class OfferGoneError(HailuoError):
    """The offer was taken, withdrawn, or is too old."""

    sentence: ClassVar[str] = N_(
        "This offer is no longer open: it was taken already, or is over an hour old. Nothing was "
        "counted now; please ask again."
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to repair the picture, done already: ``path`` is what would be animated."""

    kind: RepairKind | None
    """None for the picture as it is."""
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
    private: bool = False
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
            private=request.private,
            memory=request.card.memory,
        )

    def inherited(self, request: Request) -> Request:
        """Return the request that takes this offer, come from where the offer's own did."""
        return replace(
            request,
            parent_id=self.parent_id,
            picture_of=self.picture_of,
            card=replace(request.card, memory=self.memory),
        )


class Offers:
    """Makes offers and keeps them until one is taken."""

    def __init__(self, folder: Path, doctor: PictureDoctor, clock: Clock) -> None:
        self._folder = folder
        self._doctor = doctor
        self._clock = clock

    async def make(self, request: Request, source: Path, size: Size) -> Offer:
        """Repair the picture at ``source`` in every way that `plan` knows, and keep the outcome."""
        offer_id = job_id_of(request.interaction_id)
        choices = [await self._repair(offer_id, source, repair) for repair in plan(size)]
        return await self._keep(Offer.of(request, size, choices))

    async def make_of(self, request: Request, source: Path, picture: Picture) -> Offer:
        """Offer the clean picture at ``source`` as it is; the file becomes the offer's own."""
        path = self._folder / f"{job_id_of(request.interaction_id)}{source.suffix}"
        await asyncio.to_thread(shutil.move, source, path)
        size = Size(picture.width, picture.height)
        choice = Choice(kind=None, path=path, width=size.width, height=size.height, enlargement=1)
        return await self._keep(Offer.of(request, size, [choice]))

    async def look(
        self, offer_id: JobId, kind: RepairKind | None, user_id: UserId
    ) -> tuple[Offer, Choice]:
        """Return an open offer of a member and a choice of it; raise `OfferGoneError`."""
        offer = await asyncio.to_thread(self._load, offer_id)
        if offer is None or offer.user_id != user_id:
            raise OfferGoneError(f"{offer_id} of {user_id}")
        for choice in offer.choices:
            if choice.kind is kind:
                return offer, choice
        raise OfferGoneError(f"{offer_id} has no {kind}")

    async def close(self, offer: Offer) -> None:
        """Close an offer for its taker; of several at once, all but one get `OfferGoneError`."""
        try:
            await asyncio.to_thread(self._note(offer.id).rename, self._closed(offer.id))
        except FileNotFoundError as error:
            raise OfferGoneError(f"{offer.id} was taken") from error

    async def reopen(self, offer: Offer) -> None:
        """Open an offer again that came to nothing, unless its member withdrew it meanwhile."""
        with suppress(FileNotFoundError):
            await asyncio.to_thread(self._closed(offer.id).rename, self._note(offer.id))

    async def withdraw(self, offer_id: JobId, user_id: UserId) -> None:
        """Forget a member's own offer and its pictures."""
        await asyncio.to_thread(self._withdraw, offer_id, user_id)

    async def sweep(self) -> None:
        """Forget the offers that nobody took in time."""
        await asyncio.to_thread(self._sweep, self._clock.now() - LIFETIME)

    async def _keep(self, offer: Offer) -> Offer:
        await asyncio.to_thread(self._write, offer)
        return offer

    async def _repair(self, offer_id: JobId, source: Path, repair: Repair) -> Choice:
        draft = self._folder / f"{offer_id}-{repair.kind}"
        picture = await self._doctor.repair(source, draft, repair, CropPlace.DETAIL)
        path = draft.with_name(draft.name + picture.format.suffix)
        await asyncio.to_thread(draft.replace, path)
        return Choice(
            kind=repair.kind,
            path=path,
            width=repair.result.width,
            height=repair.result.height,
            enlargement=repair.enlargement,
        )

    def _note(self, offer_id: JobId) -> Path:
        return self._folder / f"{offer_id}.json"

    def _closed(self, offer_id: JobId) -> Path:
        return self._folder / f"{offer_id}.taken"

    def _write(self, offer: Offer) -> None:
        """Keep an offer, whole or not at all; it takes the place of its member's oldest."""
        draft = self._note(offer.id).with_suffix(".part")
        draft.write_text(json.dumps(_dump(offer)))
        draft.replace(self._note(offer.id))
        notes = sorted(self._folder.glob("*.json"), reverse=True)  # ids sort by age
        mine = [note for note in notes if _owner(note) == offer.user_id]
        for note in mine[MOST_OPEN:]:
            self._remove(JobId(note.stem))

    def _load(self, offer_id: JobId) -> Offer | None:
        note = self._note(offer_id)
        try:
            made = datetime.fromtimestamp(note.stat().st_mtime, UTC)
            data = json.loads(note.read_text())
        except FileNotFoundError:
            return None
        return _read(data, self._folder) if made >= self._clock.now() - LIFETIME else None

    def _withdraw(self, offer_id: JobId, user_id: UserId) -> None:
        if user_id in {_owner(self._note(offer_id)), _owner(self._closed(offer_id))}:
            self._remove(offer_id)

    def _remove(self, offer_id: JobId) -> None:
        for path in self._folder.glob(f"{offer_id}*"):
            path.unlink(missing_ok=True)

    def _sweep(self, before: datetime) -> None:
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # taken or withdrawn meanwhile
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                    path.unlink()


def _owner(note: Path) -> UserId | None:
    """Return whose offer a note is about; None where there is none."""
    try:
        return UserId(json.loads(note.read_text())["user_id"])
    except FileNotFoundError:
        return None


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
        "private": offer.private,
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
                kind=None if item["kind"] is None else RepairKind(item["kind"]),
                path=folder / item["name"],
                width=item["width"],
                height=item["height"],
                enlargement=item["enlargement"],
            )
            for item in data["choices"]
        ),
        parent_id=None if data["parent_id"] is None else JobId(data["parent_id"]),
        picture_of=None if data["picture_of"] is None else UserId(data["picture_of"]),
        private=data.get("private", False),  # an older process wrote it
        memory=data["memory"],
    )

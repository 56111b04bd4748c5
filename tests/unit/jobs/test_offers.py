"""Offers belong to their members, and one member's take up only so much of the disk."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.images.doctor import PictureDoctor, picture_pool
from hailuo.jobs.job import Picture, UserId, job_id_of
from hailuo.jobs.offers import LIFETIME, MOST_OPEN, OfferGoneError, Offers
from tests.clocks import ManualClock
from tests.integration.store.conftest import request_by

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.jobs.offers import Offer

ALICE, BOB = UserId(1), UserId(2)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def offers(tmp_path: Path, clock: ManualClock) -> Offers:
    """Return offers whose pictures are clean already, so that no child is started."""
    return Offers(tmp_path / "offers", PictureDoctor(picture_pool()), clock)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "offers"
    folder.mkdir()
    return folder


async def make(offers: Offers, folder: Path, user: UserId = ALICE) -> Offer:
    """Offer a picture as it is."""
    request = request_by(user)
    source = folder.parent / f"{request.interaction_id}.png"
    source.write_bytes(b"a clean picture")
    return await offers.make_of(request, source, Picture(source.name, 640, 480))


async def test_a_members_oldest_offers_make_room_for_their_newest(
    offers: Offers, folder: Path
) -> None:
    bobs = await make(offers, folder, BOB)
    made = [await make(offers, folder) for _ in range(MOST_OPEN + 2)]
    for old in made[:2]:
        with pytest.raises(OfferGoneError):
            await offers.look(old.id, None, ALICE)
    for offer, user in ((made[2], ALICE), (made[-1], ALICE), (bobs, BOB)):
        assert await offers.look(offer.id, None, user) == (offer, offer.choices[0])
    assert len(list(folder.iterdir())) == 2 * (MOST_OPEN + 1), "a note and a picture each"


async def test_nobody_can_take_or_withdraw_what_is_another_members(
    offers: Offers, folder: Path
) -> None:
    offer = await make(offers, folder)
    with pytest.raises(OfferGoneError):
        await offers.look(offer.id, None, BOB)
    await offers.withdraw(offer.id, BOB)
    assert (await offers.look(offer.id, None, ALICE))[0] == offer
    await offers.close(offer)
    await offers.withdraw(offer.id, BOB)
    assert len(list(folder.iterdir())) == 2
    await offers.withdraw(offer.id, ALICE)
    await offers.withdraw(offer.id, ALICE)
    assert not list(folder.iterdir())


async def test_an_offer_is_open_for_an_hour(
    offers: Offers, folder: Path, clock: ManualClock
) -> None:
    offer = await make(offers, folder)
    written = clock.now().timestamp()
    for path in folder.iterdir():
        os.utime(path, (written, written))
    await clock.advance(LIFETIME)
    await offers.sweep()
    assert (await offers.look(offer.id, None, ALICE))[0] == offer
    await clock.advance(timedelta(seconds=1))
    with pytest.raises(OfferGoneError):
        await offers.look(offer.id, None, ALICE)
    await offers.sweep()
    assert not list(folder.iterdir())


async def test_an_offer_that_is_gone_is_said_to_be_gone(offers: Offers) -> None:
    with pytest.raises(OfferGoneError):
        await offers.look(job_id_of(1), None, ALICE)

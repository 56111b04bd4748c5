"""What members chose is theirs, and stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hailuo.jobs.job import UserId

if TYPE_CHECKING:
    from hailuo.store import Store

ALICE, BOB = UserId(1), UserId(2**62)


async def test_pictures_are_shared_until_their_member_says_no(store: Store) -> None:
    assert await store.shares_pictures(ALICE)
    await store.set_shares_pictures(ALICE, shares=False)
    assert not await store.shares_pictures(ALICE)
    assert await store.shares_pictures(BOB)
    await store.set_shares_pictures(ALICE, shares=True)
    assert await store.shares_pictures(ALICE)


async def test_choosing_many_times_at_once_leaves_one_choice(store: Store) -> None:
    choosing = (store.set_shares_pictures(BOB, shares=False) for _ in range(20))
    await asyncio.gather(*choosing)
    assert not await store.shares_pictures(BOB)

"""What a member found on a message is theirs, for an hour."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.finds import Find, FindGoneError, Finds
from hailuo.jobs.job import UserId, job_id_of
from hailuo.jobs.offers import OfferGoneError
from hailuo.jobs.sources import Linked, MediaKind
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

FIND = Find(
    id=job_id_of(5),
    user_id=UserId(1),
    media=(Linked("https://cdn.discordapp.com/a.png"), Linked("b", MediaKind.VIDEO)),
    place="https://discord.com/channels/1/2/3",
    picture_of=UserId(2),
    parent_id=job_id_of(4),
)


@pytest.mark.parametrize("find", [FIND, replace(FIND, picture_of=None, parent_id=None)])
async def test_a_find_is_read_back_as_it_was(tmp_path: Path, find: Find) -> None:
    await Finds(tmp_path, ManualClock()).keep(find)
    assert await Finds(tmp_path, ManualClock()).look(find.id, find.user_id) == find


async def test_nobody_else_can_use_it(tmp_path: Path) -> None:
    finds = Finds(tmp_path, ManualClock())
    await finds.keep(FIND)
    with pytest.raises(FindGoneError):
        await finds.look(FIND.id, UserId(3))
    with pytest.raises(FindGoneError):
        await finds.look(job_id_of(6), FIND.user_id)


async def test_it_is_taken_once_unless_taking_it_came_to_nothing(tmp_path: Path) -> None:
    finds = Finds(tmp_path, ManualClock())
    await finds.keep(FIND)
    with pytest.raises(RuntimeError):
        async with finds.taking(FIND.id, FIND.user_id):
            raise RuntimeError
    async with finds.taking(FIND.id, FIND.user_id) as found:
        with pytest.raises(OfferGoneError):
            async with finds.taking(FIND.id, FIND.user_id):
                pass
    assert found == FIND
    with pytest.raises(OfferGoneError):
        async with finds.taking(FIND.id, FIND.user_id):
            pass
    assert not list(tmp_path.iterdir())

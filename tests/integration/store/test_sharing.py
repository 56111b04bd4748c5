"""The doctor finds a machine whose data folder is not the one the others share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hailuo.doctor import _is_shared
from hailuo.store import Store
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_folder_of_its_own_is_found(postgres_url: str, tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder in (ours, other):
        folder.mkdir()
    async with Store.open(postgres_url, ManualClock()) as store:
        assert await _is_shared(ours, store)
        assert await _is_shared(ours, store)
        assert not await _is_shared(other, store)

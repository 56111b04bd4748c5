from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from hailuo.images.doctor import PictureDoctor, picture_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doctor() -> AsyncIterator[PictureDoctor]:
    async with picture_pool(size=1) as pool:
        yield PictureDoctor(pool)

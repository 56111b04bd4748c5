"""Measure a page of /history for a member with ten videos beside one with ten thousand.

Both against a real SQLite file, as the cog asks the store: the first page, the last one, one in
the middle, and searches by words that many, one, and no video has. Beside it the way most bots
page, by OFFSET.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from cogs.ui.album import PER_PAGE
from hailuo.clock import SystemClock
from hailuo.jobs.history import Place, Search, Turn
from hailuo.jobs.job import JobId, UserId
from hailuo.store import Store
from hailuo.store.rows import job_of
from hailuo.store.tables import jobs
from tests.acceptance.past import Past

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SIZES: Final = (10, 10_000)
ROUNDS: Final = 50
LONG: Final = " while the lighthouse turns and the gulls go home over the grey sea" * 3

Figures = dict[str, float]


def main() -> dict[str, object]:
    """Measure both members, print a table, and return the figures."""
    return asyncio.run(measure())


async def measure() -> dict[str, object]:
    """Return the median milliseconds of each kind of page, for each size of history."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        members = await _fill(folder)
        url = f"sqlite+aiosqlite:///{folder}/hailuo.db"
        async with Store.open(url, SystemClock()) as store:
            figures = {
                size: await _pages(store, UserId(size), job_ids)
                for size, job_ids in members.items()
            }
    few, many = (figures[size] for size in SIZES)
    print(f"{'page':<32} {'10 videos ms':>14} {'10,000 videos ms':>18}")
    for page, took in few.items():
        print(f"{page:<32} {took:14.2f} {many[page]:18.2f}")
    return {"median_ms": {str(size): found for size, found in figures.items()}}


async def _fill(folder: Path) -> dict[int, list[JobId]]:
    """Give a member of each size as many videos, all in one store."""
    past, members = Past(), dict[int, list[JobId]]()
    for size in SIZES:
        members[size] = [
            JobId(
                past.job(
                    f"{'needle' if number == size // 2 else 'waves'} number {number}{LONG}",
                    user=UserId(size),
                    ago=timedelta(minutes=size - number),
                )
            )
            for number in range(size)
        ]
    await past.store(folder)
    return members


async def _pages(store: Store, user_id: UserId, job_ids: list[JobId]) -> Figures:
    """Return the median milliseconds of each kind of page."""
    middle, needle = job_ids[len(job_ids) // 2], Search(words="needle")

    def page(place: Place, search: Search = Search()) -> Callable[[], Awaitable[object]]:  # noqa: B008 - frozen
        return lambda: store.history(user_id, search, place, limit=PER_PAGE)

    first = Place()
    return {
        "first": await _median(page(first)),
        "in the middle": await _median(page(Place(Turn.OLDER, middle))),
        "last": await _median(page(Place(Turn.OLDEST))),
        "words in every prompt, first": await _median(page(first, Search(words="sea waves"))),
        "words in every prompt, last": await _median(
            page(Place(Turn.OLDEST), Search(words="sea waves"))
        ),
        "words in one prompt": await _median(page(first, needle)),
        "words in no prompt": await _median(page(first, Search(words="unicorn"))),
        "last, by OFFSET": await _median(lambda: _by_offset(store, user_id, len(job_ids))),
    }


async def _by_offset(store: Store, user_id: UserId, count: int) -> object:
    """Read the last page as bots do that number their pages, by creation time."""
    query = (
        select(jobs)
        .where(jobs.c.user_id == user_id, jobs.c.deleted_at.is_(None))
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .limit(PER_PAGE)
        .offset(count - PER_PAGE)
    )
    return await store._database.read(  # noqa: SLF001 - what the store itself does not offer
        lambda connection: [job_of(row) for row in connection.execute(query)]
    )


async def _median(act: Callable[[], Awaitable[object]]) -> float:
    """Return the median milliseconds of many runs, after one that warms up."""
    await act()
    took: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)

"""A process that tries to begin jobs on one member's quota; started 16 times by the race's test.

Usage: python -m tests.chaos.racer URL RACER TRIES LIMIT; waits for a line, prints what it got.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from hailuo.clock import SystemClock
from hailuo.jobs.job import WorkerId
from hailuo.quotas import Limits, QuotaError
from hailuo.store import Store
from hailuo.store.errors import StoreError
from tests.jobs import PICTURE, request_by


async def race(url: str, racer: int, tries: int, limit: int) -> str:
    """Try so often; return how often it was admitted, refused and failed."""
    limits = Limits(
        per_user=limit,
        window=timedelta(days=1),
        live_per_user=10**6,
        live_per_server=10**6,
        per_day=None,
    )
    admitted = refused = failed = 0
    async with Store.open(url, SystemClock()) as store:
        print("ready", flush=True)  # noqa: T201 - its result is for its starter
        await asyncio.to_thread(sys.stdin.readline)
        for number in range(tries):
            request = request_by(interaction=racer * 1_000_000 + number)
            try:
                await store.accept(request, PICTURE, limits, WorkerId(f"racer-{racer}"))
                admitted += 1
            except QuotaError:
                refused += 1
            except StoreError:
                failed += 1
    return f"{admitted} {refused} {failed}"


if __name__ == "__main__":
    url, *numbers = sys.argv[1:]
    print(asyncio.run(race(url, *map(int, numbers))))  # noqa: T201 - as above

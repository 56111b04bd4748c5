"""Measure a restart with 10,000 live jobs: when looks begin, when all were had, what is written.

On a real SQLite file and on a real PostgreSQL server; the worker and its stages are the product's.
The API answers "in queue" at once and from within the process, so that what is measured is ours.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Table, event, insert

from hailuo.clock import SystemClock
from hailuo.folders import Folders
from hailuo.jobs.handover import Handover
from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    JobState,
    Picture,
    Request,
    UserId,
    WorkerId,
)
from hailuo.jobs.line import Line
from hailuo.jobs.lookout import Lookout
from hailuo.jobs.pacing import Pacing
from hailuo.jobs.stages import JobStages
from hailuo.jobs.worker import Worker, new_worker_id
from hailuo.quotas import Limits
from hailuo.runcomfy.models import InQueue
from hailuo.store import Store, ledgers
from hailuo.store.rows import new_row
from hailuo.store.tables import jobs
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from hailuo.runcomfy.models import RequestId, Status

LIVE: Final = 10_000
STEADY_S: Final = 20.0


class Queue:
    """An API where nothing moves, and a presenter that shows nothing."""

    def __init__(self) -> None:
        self.looks: Counter[str] = Counter()
        self.first_at = 0.0
        self.all_at = asyncio.Event()

    async def status(self, request_id: RequestId) -> Status:
        """Note the look."""
        if not self.looks:
            self.first_at = time.perf_counter()
        self.looks[request_id] += 1
        if len(self.looks) == LIVE:
            self.all_at.set()
        return InQueue()

    def update(self, *_: object) -> None:
        """Show nothing."""


async def _alarm(job: object) -> None:
    del job
    raise AssertionError("nothing is of unknown fate here")


def _fill(connection: Connection, clock: SystemClock) -> None:
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for number in range(LIVE):
        card = CardAddress(number, "token", now, 10_000_000, 0)
        request = Request(
            number, UserId(number), None, ChannelId(1), "waves", prompt_optimizer=True,
            card=card, locale="en-US",
        )  # fmt: skip
        row = new_row(request, Picture("p.png", 640, 480), WorkerId("before"), now)
        rows.append(
            row | {"state": JobState.IN_QUEUE, "request_id": f"r-{number}", "submitted_at": now}
        )
    connection.execute(insert(jobs), rows)
    for ledger in (ledgers.member_ledger, ledgers.operator_ledger):
        connection.execute(insert(ledger), [_hold(ledger, row, now) for row in rows])


def _hold(ledger: Table, row: dict[str, Any], now: object) -> dict[str, Any]:
    line: dict[str, Any] = {"job_id": row["id"], "closes": 0, "entry": "hold", "at": now}
    return line | ({"user_id": row["user_id"]} if "user_id" in ledger.c else {})


async def _measure(folder: Path, url: str) -> dict[str, float]:
    clock, queue = SystemClock(), Queue()
    async with Store.open(url, clock) as store:
        await store._database.write(lambda connection: _fill(connection, clock))  # noqa: SLF001
    start, cpu = time.perf_counter(), time.process_time()
    async with Store.open(url, clock) as store:
        worker = _worker(store, queue, folder, clock)
        running = asyncio.create_task(worker.run(), name="worker")
        await queue.all_at.wait()
        scheduled, cpu_scheduled = time.perf_counter(), time.process_time()
        looks, written = queue.looks.total(), _count_rows_written(store)
        lag = await _longest_lag(STEADY_S)
        figures = {
            "seconds_to_first_look": queue.first_at - start,
            "seconds_to_all_looked_at": scheduled - start,
            "cpu_seconds_of_ours_by_then": cpu_scheduled - cpu,
            "looks_per_second_after": (queue.looks.total() - looks) / STEADY_S,
            "rows_written_per_second_after": written.total() / STEADY_S,
            "longest_loop_lag_ms_after": lag * 1000,
        }
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return {name: round(value, 2) for name, value in figures.items()}


def _worker(store: Store, queue: Queue, folder: Path, clock: SystemClock) -> Worker:
    folders = Folders(folder)
    folders.create()
    parts: Any = {"api": queue, "presenter": queue, "retrieval": None}
    unused: Any = None
    limits = Limits(9, timedelta(days=1), live_per_user=9, live_per_server=9, per_day=None)
    stages = JobStages(
        **parts,
        store=store,
        handover=Handover(unused, folders),
        alarm=_alarm,
        lookout=Lookout(Pacing(), clock),
        line=Line(store, limits, clock),
        folders=folders,
        clock=clock,
        inline_pictures=False,
    )
    return Worker(new_worker_id(), store, stages, clock)


def _count_rows_written(store: Store) -> Counter[str]:
    """Count the rows that statements change, by the statement's first word, from now on."""
    written: Counter[str] = Counter()
    database: Any = store._database  # noqa: SLF001 - a benchmark may look inside

    @event.listens_for(database._engine.sync_engine, "after_cursor_execute")  # noqa: SLF001 - as above
    def _count(_connection: Any, cursor: Any, statement: str, *_: object) -> None:
        word = statement.split(maxsplit=1)[0]
        if word in {"INSERT", "UPDATE", "DELETE"}:
            written[word] += max(cursor.rowcount, 0)

    return written


async def _longest_lag(seconds: float) -> float:
    longest, until = 0.0, time.perf_counter() + seconds
    while (now := time.perf_counter()) < until:
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - now - timedelta(seconds=0.01).total_seconds())
    return longest


def main() -> dict[str, dict[str, float]]:
    """Measure both engines, and print a table."""
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        figures = {
            name: asyncio.run(_measure(Path(folder), url))
            for name, url in (
                ("sqlite", f"sqlite+aiosqlite:///{folder}/hailuo.db"),
                ("postgresql", server.create()),
            )
        }
    print(f"{'':<30} {'sqlite':>10} {'postgresql':>10}")
    for name, value in figures["sqlite"].items():
        print(f"{name:<30} {value:>10} {figures['postgresql'][name]:>10}")
    return figures

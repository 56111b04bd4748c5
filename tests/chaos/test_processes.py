"""Several bot processes on one PostgreSQL: one dies under load, the others finish its jobs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from hailuo.jobs.job import ENDS, JobState
from tests.acceptance.playground import stand_ins
from tests.chaos.counts import count
from tests.chaos.town import PROCESSES, Town, town
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

LIVE_JOBS = count("LIVE_JOBS", 3)
WAIT_FOR_DEATH = bool(count("WAIT_FOR_DEATH", 0))
"""Whether a dead process is found in real time; else its last heartbeat is made older."""
TAKEN_OVER_WITHIN_S = 40

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with postgres_server() as server:
        server.relax()
        yield server.create()


async def test_jobs_of_a_killed_process_are_finished_by_the_others(
    tmp_path: Path, url: str
) -> None:
    with stand_ins() as playground:
        async with town(tmp_path, [url] * PROCESSES, playground) as here:
            await _all_begin(here)
            (owner,) = await here.owners()
            await asyncio.to_thread(here.running(owner).kill)
            killed_at = time.monotonic()
            if not WAIT_FOR_DEATH:
                await here.make_old(owner)

            async def taken_over() -> bool:
                return await here.taken_over(owner)

            await here.here.stage.until(taken_over, "the others take over", TAKEN_OVER_WITHIN_S)
            print(f"taken over after {time.monotonic() - killed_at:.1f} s")  # noqa: T201 - a figure
            ours = await here.here.rest(900)
            assert len(ours) == LIVE_JOBS
            assert {job.state for job in ours} <= ENDS
            assert [job.state for job in ours].count(JobState.DELIVERED) == LIVE_JOBS
            assert await here.here.broken_promises() == []
            calls = (await here.here.stage.discord.get("/sandbox/ledger"))["calls"]
            assert len([call for call in calls if call["route"].startswith("PUT /appl")]) == 1


async def _all_begin(here: Town) -> None:
    """Have every job live at the API, waiting for a machine."""
    queue = [150, 150] if WAIT_FOR_DEATH else [5, 6]
    await here.here.stage.runcomfy.post("/sandbox/settings", queue_s=queue)
    for _ in range(LIVE_JOBS):
        await here.here.begin()

    async def submitted() -> bool:
        return len(await here.here.stage.submits()) == LIVE_JOBS

    await here.here.stage.until(submitted, "every job is at the API", 300)


async def test_a_cancel_in_one_process_ends_the_job_of_another(tmp_path: Path, url: str) -> None:
    """A worker that knows a job only from the database asks its owner, and gets the answer."""
    with stand_ins() as playground:
        async with town(tmp_path, [url] * PROCESSES, playground) as here:
            await here.here.stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
            await here.here.begin()
            (submit,) = await here.here.stage.until(here.here.stage.submits, "a job at the API")
            await here.sql(
                "UPDATE jobs SET cancel_asked_at = now(), cancel_asked_by = user_id "
                "WHERE NOT announced"
            )

            async def cancelled() -> bool:
                (now,) = await here.here.stage.submits()
                return now["status"] == "cancelled"

            await here.here.stage.until(cancelled, "the owner cancels", 10)
            assert submit["status"] == "in_queue"

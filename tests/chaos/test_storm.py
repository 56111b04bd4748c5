"""Many jobs, from acceptance to the video on Discord, under every fault of the API at random.

The job core is the product's own, with its client, fetcher and video tools, against the real
stand-in; `STORM` says how many jobs, all of them live at once.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from pydantic import SecretStr

from hailuo.clock import SystemClock
from hailuo.fetch import AllowedHosts, Fetcher
from hailuo.folders import Folders
from hailuo.jobs.handover import Handover
from hailuo.jobs.job import JobState, Picture
from hailuo.jobs.line import Line
from hailuo.jobs.lookout import Lookout
from hailuo.jobs.pacing import Pacing, Rules
from hailuo.jobs.retrieval import Retrieval
from hailuo.jobs.stages import JobStages
from hailuo.jobs.worker import Worker, new_worker_id
from hailuo.quotas import Limits
from hailuo.runcomfy import RunComfyClient
from hailuo.store import Store
from hailuo.videos.doctor import VideoDoctor, video_pool
from sandbox.runcomfy import MODEL_ID, TOKEN, RunComfySandbox
from tests.chaos.counts import count
from tests.chaos.ledgers import Taken, broken_promises, read_ours
from tests.chaos.points import Points
from tests.chaos.world import Discord, Fate
from tests.jobs import request_by
from tests.storm import let_it_storm, picture, shorten_patience

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from hailuo.jobs.job import Job

log = structlog.get_logger(__name__)

JOBS = count("STORM", 25)
SEED = count("SEED", 7)
CALLS = ("POST /v1/models/*", "GET /v1/requests/*", "GET /files/*")
"""What the storm strikes; the first call of each is struck for certain, the others by chance."""
ENDS = {JobState.DELIVERED, JobState.UNKNOWN, JobState.FAILED}
ENOUGH_FOR_EVERY_END = 200
"""Jobs from which on chance leaves out none of the ends."""
SETTINGS = {"queue_s": [0.05, 0.5], "render_s": [0.1, 0.5], "video_s": 0.4, "seed": SEED}
RULES = Rules(blind_gap=timedelta(seconds=0.2), least_gap=timedelta(seconds=0.1))
PLENTY = Limits(
    per_user=JOBS, window=timedelta(days=1), live_per_user=JOBS, live_per_server=JOBS, per_day=None
)


class WatchedStore(Store):
    """Tells when the last job is settled."""

    unsettled: int = JOBS
    rest: asyncio.Event

    async def announce(self, job: Job) -> Job:
        """Count it."""
        announced = await super().announce(job)
        self.unsettled -= 1
        if not self.unsettled:
            self.rest.set()
        return announced


@dataclass
class Storm:
    """The bot without Discord, on an API that fails all the time."""

    folder: Path
    sandbox: RunComfySandbox
    store: WatchedStore
    worker: Worker
    discord: Discord
    prompts: list[str] = field(default_factory=list)

    async def live(self) -> None:
        """Accept every job, and look after them until the last is settled."""
        folders = Folders(self.folder)
        running = asyncio.create_task(self.worker.run(), name="worker")
        try:
            for number in range(JOBS):
                given = Picture(f"{number}.png", 320, 320)
                folders.picture(given.name).write_bytes(picture())
                request = replace(request_by(), prompt=f"job {number}")
                job = await self.store.accept(request, given, PLENTY, self.worker.id)
                self.prompts.append(job.request.prompt)
                self.worker.take([job])
            async with asyncio.timeout(60 + JOBS):
                await self.store.rest.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def storm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Storm]:
    shorten_patience(monkeypatch, 3.0)
    # A job that meets ten faults running would keep the test waiting for minutes.
    monkeypatch.setattr("hailuo.jobs.worker.FIRST_BACKOFF", timedelta(seconds=0.1))
    monkeypatch.setattr("hailuo.jobs.worker.LONGEST_BACKOFF", timedelta(seconds=2))
    clock, folders, discord = SystemClock(), Folders(tmp_path), Discord(Fate.SMOOTH, Points())
    folders.create()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        sandbox = await enter(RunComfySandbox(settings=SETTINGS))
        store = await enter(WatchedStore.open(_url(tmp_path), clock))
        assert isinstance(store, WatchedStore)
        store.rest = asyncio.Event()
        client = await enter(RunComfyClient(SecretStr(TOKEN), sandbox.url, MODEL_ID))
        hosts = AllowedHosts.parse([sandbox.url.removeprefix("http://")])
        videos = VideoDoctor(await enter(video_pool()))
        stages = JobStages(
            store=store,
            api=client,
            retrieval=Retrieval(client, await enter(Fetcher(hosts)), videos, folders),
            handover=Handover(videos, folders),
            presenter=discord,
            alarm=discord.alarm,
            lookout=Lookout(Pacing(RULES, random.Random(SEED)), clock),
            line=Line(store, PLENTY, clock, random.Random(SEED)),
            folders=folders,
            clock=clock,
            inline_pictures=True,
        )
        worker = Worker(new_worker_id(), store, stages, clock)
        yield Storm(tmp_path, sandbox, store, worker, discord)


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/hailuo.db"


@pytest.mark.timeout(120 + JOBS)
async def test_every_job_is_paid_at_most_once_and_ends_in_a_video_or_in_a_word(
    storm: Storm,
) -> None:
    """A paid job ends in its video, but for those whose answer was lost: each is `unknown`."""
    firsts = [storm.sandbox.strike(route, 500) for route in CALLS]
    let_it_storm(storm.sandbox)
    await storm.live()

    generations = storm.sandbox.state.farm.generations.values()
    taken = [Taken(made.input.prompt, made.request_id, made.stage) for made in generations]
    ours = await read_ours(_url(storm.folder))
    shown = storm.discord.shown()
    assert not broken_promises(ours, taken, shown, accepted=storm.prompts, limit=JOBS)

    paid = {request.prompt for request in taken}
    ends = Counter((job.state, job.prompt in paid) for job in ours)
    struck = Counter[str]()
    for fault in (*firsts, *storm.sandbox.state.faults):
        struck[fault.route] += fault.struck
    log.info("the storm is over", jobs=JOBS, seed=SEED, struck=dict(struck), ends=dict(ends))
    assert set(ends) <= {
        (JobState.DELIVERED, True),
        (JobState.UNKNOWN, True),
        (JobState.UNKNOWN, False),
        (JobState.FAILED, False),
    }
    assert all(struck[route] for route in CALLS)  # the storm did blow
    if JOBS >= ENOUGH_FOR_EVERY_END:
        assert {job.state for job in ours} == ENDS
    assert storm.sandbox.state.ledger.suspicions == []

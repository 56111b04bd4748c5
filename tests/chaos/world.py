"""A small world in one process: the real job core between an API and a Discord with ledgers.

Only the two foreign sides are ours: store, worker, stages and submission are the product's own,
over a real SQLite file.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from hailuo.children.errors import ChildError
from hailuo.fetch import FetchedFile
from hailuo.folders import Folders
from hailuo.jobs.handover import Handover
from hailuo.jobs.job import Picture, UserId
from hailuo.jobs.line import Line
from hailuo.jobs.lookout import Lookout
from hailuo.jobs.pacing import Pacing
from hailuo.jobs.presenter import Delivery
from hailuo.jobs.retrieval import Retrieval
from hailuo.jobs.stages import JobStages
from hailuo.jobs.worker import Worker, new_worker_id
from hailuo.quotas import Limits
from hailuo.runcomfy.errors import InvalidModelError
from hailuo.runcomfy.models import (
    Accepted,
    Cancelled,
    Completed,
    Failed,
    InProgress,
    InQueue,
    NotCancellable,
    Output,
    Refused,
    RequestId,
    SubmitUnknown,
)
from hailuo.store import Store
from hailuo.store.tables import jobs
from hailuo.videos.video import VideoInfo
from tests.acceptance.playground import PATIENCE_S
from tests.chaos.ledgers import Shown, Taken, broken_promises, read_ours
from tests.chaos.points import CrashingDatabase, JumpingClock, Points
from tests.jobs import request_by

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from hailuo.jobs.job import Job, JobId
    from hailuo.jobs.presenter import Outlook
    from hailuo.runcomfy.models import CancelOutcome, JobInput, Result, Status, SubmitOutcome

QUEUE = timedelta(seconds=30)
RENDER = timedelta(seconds=60)
LIMITS = Limits(
    per_user=3, window=timedelta(days=9), live_per_user=9, live_per_server=9, per_day=None
)
ENDS: dict[type[object], str] = {
    Completed: "completed",
    Failed: "failed",
    Cancelled: "cancelled",
}
LONGEST_LIFE_S = PATIENCE_S
PNG = Picture("picture.png", 640, 480)


class Fate(StrEnum):
    """What the world has in store for a job."""

    SMOOTH = "smooth"
    CANCELLED = "cancelled"
    FAILS = "fails"
    REFUSED = "refused"
    ANSWER_LOST = "answer lost"
    CARD_DELETED = "card deleted"
    NOWHERE = "nowhere"


@dataclass
class Api:
    """The API with its ledger; it forgets nothing when our process dies."""

    fate: Fate
    clock: JumpingClock
    points: Points
    prompts: dict[RequestId, str] = field(default_factory=dict)
    taken_at: dict[RequestId, timedelta] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)

    async def submit(self, given: JobInput) -> SubmitOutcome:
        self.points.reach("before sending the paid request")
        if self.fate is Fate.REFUSED:
            return Refused(InvalidModelError("no such model"))
        request_id = RequestId(f"r-{len(self.prompts)}")
        self.prompts[request_id] = given.prompt
        self.taken_at[request_id] = timedelta(seconds=self.clock.monotonic())
        self.points.reach("paid request taken, answer on its way")
        if self.fate is Fate.ANSWER_LOST:
            return SubmitUnknown("the connection broke")
        return Accepted(request_id)

    async def status(self, request_id: RequestId) -> Status:
        self.points.reach("before a poll")
        return self._stands(request_id)

    def _stands(self, request_id: RequestId) -> Status:
        age = timedelta(seconds=self.clock.monotonic()) - self.taken_at[request_id]
        if request_id in self.cancelled:
            return Cancelled()
        if age < QUEUE:
            return InQueue()
        if age < QUEUE + RENDER:
            return InProgress()
        return Failed("no luck") if self.fate is Fate.FAILS else Completed()

    async def result(self, request_id: RequestId) -> Result:
        self.points.reach("before reading the result")
        return Output((f"https://files.runcomfy.net/{request_id}.mp4",))

    async def cancel(self, request_id: RequestId) -> CancelOutcome:
        self.points.reach("before a cancel")
        status = await self.status(request_id)
        if not isinstance(status, InQueue | Cancelled):
            return NotCancellable(status)
        self.cancelled.add(request_id)
        self.points.reach("cancel taken, answer on its way")
        return Cancelled()

    def taken(self) -> list[Taken]:
        """Return every request that was taken, with how it stands."""
        return [
            Taken(prompt, request_id, ENDS.get(type(self._stands(request_id)), "under way"))
            for request_id, prompt in self.prompts.items()
        ]


@dataclass
class Discord:
    """Cards and new messages; a repeated nonce is the same message."""

    fate: Fate
    points: Points
    asks_cancel: asyncio.Event = field(default_factory=asyncio.Event)
    cards: dict[str, bool] = field(default_factory=dict)
    posted: dict[str, str] = field(default_factory=dict)

    async def open(self, job: Job, picture: Path) -> str:
        self.points.reach("before drawing the card")
        assert picture.exists()
        self.cards.setdefault(job.request.prompt, False)
        self.points.reach("after drawing the card")
        return "https://cdn.discordapp.com/picture.png"

    def stands(self, job: Job) -> bool:
        return job.request.prompt in self.cards

    def update(self, job: Job, outlook: Outlook) -> None:
        del job, outlook
        self.asks_cancel.set()

    async def close(self, job: Job) -> None:
        self.points.reach(f"before drawing the end: {job.state}")
        self.points.reach(f"after drawing the end: {job.state}")

    def forget(self, job_id: JobId) -> None:
        del job_id

    async def remove(self, job: Job) -> bool:
        self.cards.pop(job.request.prompt, None)
        return True

    def upload_limit(self, job: Job) -> int:
        del job
        return 1_000_000

    async def deliver(self, job: Job, video: Path | None, picture: Path) -> Delivery:
        del picture
        assert video is not None
        assert video.exists()
        self.points.reach("before delivering")
        if self.fate is Fate.NOWHERE:
            return Delivery.NOWHERE
        if self.fate is Fate.CARD_DELETED:
            self.post(job)
        else:
            self.cards[job.request.prompt] = True
        self.points.reach("delivered, answer on its way")
        return Delivery.DELIVERED

    def post(self, job: Job) -> None:
        """Post the video anew; its nonce makes a second try the same message."""
        self.posted[f"{job.id}end"] = job.request.prompt

    async def alarm(self, job: Job) -> None:
        self.points.reach(f"before telling the operator: {job.state}")

    def shown(self) -> list[Shown]:
        """Return every message that holds a video."""
        cards = [Shown(prompt, f"card {prompt}") for prompt, video in self.cards.items() if video]
        return cards + [Shown(prompt, nonce) for nonce, prompt in self.posted.items()]


@dataclass
class Files:
    """Stands in for the fetcher and for the video doctor's child processes."""

    points: Points

    async def fetch(self, url: str, target: Path, *, max_bytes: int) -> FetchedFile:
        del max_bytes
        self.points.reach("before renaming the video")
        target.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
        self.points.reach("after renaming the video")
        return FetchedFile(url, 112)

    async def probe(self, source: Path) -> VideoInfo:
        assert source.exists()
        return VideoInfo(640, 480, timedelta(seconds=5), "h264", 25.0, 112, has_audio=False)

    async def poster(self, source: Path, target: Path) -> None:
        del source, target
        raise ChildError("no picture of it")


class World:
    """One member, one job, and as many lives of the bot as it takes."""

    def __init__(self, folder: Path, template: Path, fate: Fate, points: Points) -> None:
        self.folder = folder
        self.points = points
        self.clock = JumpingClock()
        self.fate = fate
        self.api = Api(fate, self.clock, points)
        self.discord = Discord(fate, points)
        self.files = Files(points)
        self.folders = Folders(folder)
        self.folders.create()
        shutil.copy(template, folder / "hailuo.db")
        self.url = f"sqlite+aiosqlite:///{folder}/hailuo.db"
        self.request = request_by()
        self.accepted: list[str] = []
        self.lives = 0

    async def run(self) -> list[str]:
        """Live, die and live again until all is at rest; return the promises then broken."""
        while True:
            self.lives += 1
            self.points.dead = False
            await self.live()
            if not self.points.dead:
                return await self.verdict()

    async def verdict(self) -> list[str]:
        """Compare the three ledgers."""
        return broken_promises(
            await read_ours(self.url),
            self.api.taken(),
            self.discord.shown(),
            accepted=self.accepted,
            limit=LIMITS.per_user,
        )

    def stages(self, store: Store) -> JobStages:
        """Return the product's own stages, at work in this world."""
        return JobStages(
            store=store,
            api=self.api,  # pyright: ignore[reportArgumentType]  # what the stages use of it
            retrieval=Retrieval(self.api, self.files, self.files, self.folders),  # pyright: ignore[reportArgumentType]  # as above
            handover=Handover(self.files, self.folders),  # pyright: ignore[reportArgumentType]
            presenter=self.discord,
            alarm=self.discord.alarm,
            lookout=Lookout(Pacing(), self.clock),
            line=Line(store, LIMITS, self.clock),
            folders=self.folders,
            clock=self.clock,
            inline_pictures=False,
        )

    async def live(self) -> None:
        """Run the bot once: until all is at rest, or until it dies."""
        async with CrashingDatabase.open(self.url) as database:
            assert isinstance(database, CrashingDatabase)
            database.points, database.wrote = self.points, asyncio.Event()
            store = Store(database, self.clock)
            worker = Worker(new_worker_id(), store, self.stages(store), self.clock)
            tasks = [
                asyncio.create_task(worker.run(), name="worker"),
                asyncio.create_task(self._member(store, worker), name="member"),
                asyncio.create_task(self._rests(database), name="rest"),
            ]
            try:
                async with asyncio.timeout(LONGEST_LIFE_S):
                    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                    for task in () if self.points.dead else done:
                        with suppress(AtRestError):
                            await task
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _member(self, store: Store, worker: Worker) -> None:
        """Use the command; Discord delivers the interaction again in every life."""
        self.folders.picture(PNG.name).touch()
        job = await store.accept(self.request, PNG, LIMITS, worker.id)
        self.accepted[:] = [job.request.prompt]
        worker.take([job])
        if self.fate is Fate.CANCELLED:
            await self.discord.asks_cancel.wait()
            await worker.cancel(job.id, UserId(1))
        await asyncio.Event().wait()

    async def _rests(self, database: CrashingDatabase) -> None:
        """Return, by way of an error, once every job is settled."""
        while True:
            database.wrote.clear()
            announced = await database.read(_announced)
            if announced and all(announced):
                raise AtRestError
            await database.wrote.wait()


def _announced(connection: Connection) -> list[bool]:
    """Return of each job whether its end was told."""
    return list(connection.scalars(select(jobs.c.announced)))


class AtRestError(Exception):
    """Nothing is left to do."""

"""The job core against a machine that thinks of everything at once, over a real SQLite file."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hailuo.jobs.job import ENDS, MOVES, RUNNING, JobState, UserId, Video, WorkerId
from hailuo.quotas import Limits, QuotaError
from hailuo.store import Store
from hailuo.store.errors import NotUnknownError, RequestTakenError, StaleMoveError
from tests.chaos.counts import count
from tests.chaos.ledgers import HELD, RETURNED, SPENT, read_ours
from tests.chaos.points import CrashingDatabase, JumpingClock
from tests.chaos.world import PNG
from tests.jobs import request_by

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from contextlib import AbstractAsyncContextManager

    from hailuo.jobs.job import Job, Request

VIDEO = Video("v.mp4", "https://files.runcomfy.net/v.mp4", 1, 2, 3, 4.0)
USERS = (1, 2)
CAP = 2
LIMITS = Limits(
    per_user=5, window=timedelta(days=9999), live_per_user=4, live_per_server=CAP, per_day=None
)


class JobCore(RuleBasedStateMachine):
    """Members, replays, the API's answers, cancels, operators, crashes and clock jumps."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="hailuo-machine-"))
        shutil.copy(self.template, self.folder / "hailuo.db")
        self.url = f"sqlite+aiosqlite:///{self.folder}/hailuo.db"
        self.clock = JumpingClock()
        self.requests: list[Request] = []
        self.known: dict[str, Job] = {}
        self.stale: list[Job] = []
        self.sent: set[str] = set()
        self.released: set[str] = set()
        self.resolved: set[str] = set()
        self.workers = 0
        self.opened: AbstractAsyncContextManager[Any] | None = None

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Run one step to its end."""
        return self.loop.run(act)

    @initialize()
    def start(self) -> None:
        """Begin a process; whatever was being submitted is of unknown fate from now on."""
        self.opened = CrashingDatabase.open(self.url)
        self.store = Store(self.do(self.opened.__aenter__()), self.clock)
        self.workers += 1
        self.me = WorkerId(f"worker-{self.workers}")
        self.do(self.store.enlist(self.me))
        for job in self.do(self.store.claim(self.me)):
            before = self.known[job.id]
            expected = JobState.UNKNOWN if before.state is JobState.SUBMITTING else before.state
            assert job.state is expected
            self.stale.append(before)
            self.known[job.id] = job

    @rule()
    def crash(self) -> None:
        """Die, whatever is under way, and start again."""
        self.stop()
        self.start()

    @rule()
    def lose_ownership(self) -> None:
        """Let another worker take everything over, as after a missed heartbeat."""
        self.workers += 1
        self.me = WorkerId(f"worker-{self.workers}")
        self.do(self.store.enlist(self.me))
        for job in self.do(self.store.claim(self.me)):
            self.stale.append(self.known[job.id])
            self.known[job.id] = job

    def stop(self) -> None:
        """Let go of the file."""
        if self.opened is not None:
            self.do(self.opened.__aexit__(None, None, None))

    @rule(hours=st.integers(-2, 30))
    def clock_jumps(self, hours: int) -> None:
        """Let the wall clock jump, backwards too."""
        self.clock._elapsed += timedelta(hours=hours)

    @rule(user=st.sampled_from(USERS))
    def command(self, user: int) -> None:
        """Use /animate."""
        request = request_by(user)
        request = replace(request, prompt=f"job {request.interaction_id}")
        try:
            job = self.do(self.store.accept(request, PNG, LIMITS, self.me))
        except QuotaError:
            return
        self.requests.append(request)
        self.known[job.id] = job

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """Have Discord deliver an interaction again: it is the same job, wherever that stands."""
        request = data.draw(st.sampled_from(self.requests))
        job = self.do(self.store.accept(request, PNG, LIMITS, self.me))
        assert job == self.known[job.id]

    @precondition(lambda self: any(MOVES[job.state] for job in self.known.values()))
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        """Let an answer of the API, or of Discord, move a job."""
        job = data.draw(st.sampled_from([j for j in self.known.values() if MOVES[j.state]]))
        to = data.draw(st.sampled_from(sorted(MOVES[job.state])))
        if job.state is JobState.UNKNOWN:
            return  # only an operator moves these: see `resolve`
        if to is JobState.SUBMITTING:
            return  # there is one gate to that: see `begin`
        facts: dict[str, Any] = {}
        if to is JobState.IN_QUEUE:
            facts["request_id"] = f"r-{job.id}"
        if to is JobState.DELIVERING:
            facts["video"] = VIDEO
        self.known[job.id] = self.do(self.store.move(job, to, **facts))
        if to is JobState.IN_QUEUE:
            self.sent.add(job.request.prompt)

    @precondition(lambda self: self.accepted())
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Let a job whose card stands ask for its turn."""
        job = data.draw(st.sampled_from(self.accepted()))
        free = CAP - sum(other.state in RUNNING for other in self.known.values())
        begun = self.do(self.store.line.begin(job, LIMITS))
        self.known[job.id] = begun
        line = [other for other in self.accepted() if other.lined_up_at is not None]
        if begun.state is JobState.SUBMITTING:
            mine = self.running(job)
            ahead = [other for other in line if self.running(other) < mine - 1]
            assert len(ahead) < free  # there was room for it, and for all who go before it
            assert job.cancel_asked_at is None
        elif job.cancel_asked_at is None:
            assert len(line) > free  # somebody else goes first
        assert begun.lined_up_at is not None
        assert job.lined_up_at in {None, begun.lined_up_at}

    def accepted(self) -> list[Job]:
        """Return the jobs that may still begin."""
        return [job for job in self.known.values() if job.state is JobState.ACCEPTED]

    def running(self, job: Job) -> int:
        """Return how many jobs of a job's member run."""
        of_member = (o for o in self.known.values() if o.request.user_id == job.request.user_id)
        return sum(other.state in RUNNING for other in of_member)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def stale_write(self, data: st.DataObject) -> None:
        """Let a worker that lost its job write what it still believes."""
        job = data.draw(st.sampled_from(self.stale))
        if job.state is JobState.ACCEPTED:
            with pytest.raises(StaleMoveError):
                self.do(self.store.line.begin(job, LIMITS))
        for to in MOVES[job.state]:
            with pytest.raises(StaleMoveError):
                self.do(self.store.move(job, to))

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Ask for a job's end."""
        job = data.draw(st.sampled_from(list(self.known.values())))
        asked = self.do(self.store.ask_cancel(job.id, UserId(1)))
        assert asked.state is job.state
        self.known[job.id] = asked

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def resolve(self, data: st.DataObject) -> None:
        """Let an operator name the request of a job; only one of unknown fate takes it."""
        job = data.draw(st.sampled_from(list(self.known.values())))
        try:
            resolved = self.do(self.store.resolve(job.id, f"r-{job.id}", self.me))
        except (NotUnknownError, RequestTakenError):
            assert job.state is not JobState.UNKNOWN
            return
        assert job.state is JobState.UNKNOWN
        self.stale.append(job) if job.owner != self.me else None
        self.known[job.id] = resolved
        self.resolved.add(job.id)
        self.sent.add(job.request.prompt)

    @precondition(lambda self: self.untold())
    @rule(data=st.data())
    def announce(self, data: st.DataObject) -> None:
        """Let a card show its job's end."""
        job = data.draw(st.sampled_from(self.untold()))
        self.known[job.id] = self.do(self.store.announce(job))

    def untold(self) -> list[Job]:
        """Return the jobs whose end no card shows yet."""
        return [job for job in self.known.values() if job.state in ENDS and not job.announced]

    @rule(hours=st.integers(0, 30))
    def sweep(self, hours: int) -> None:
        """Release what has been of unknown fate for so long."""
        before = self.clock.now() - timedelta(hours=hours)
        for job in self.do(self.store.release_unknown(before, self.me)):
            assert job.id not in self.released
            assert self.known[job.id].announced
            self.released.add(job.id)
            self.known[job.id] = job

    @invariant()
    def the_store_knows_what_we_know(self) -> None:
        """Nothing is lost, nothing is moved but by a move, and each account fits its job."""
        if self.opened is None:
            return
        rows = {row.prompt: row for row in self.do(read_ours(self.url))}
        assert len(rows) == len(self.known)
        used = dict.fromkeys(USERS, 0)
        # An operator who resolves a job of unknown fate is not held up by the server's cap.
        running = [job for job in self.known.values() if job.state in RUNNING]
        assert len(running) <= CAP + len(self.resolved)
        for job in self.known.values():
            row = rows[job.request.prompt]
            assert (row.state, row.request_id) == (job.state, job.request_id)
            released = job.id in self.released
            assert row.member == _member(job.state, released=released)
            assert (row.operator == HELD) == (job.state not in ENDS - {JobState.UNKNOWN})
            if job.request.prompt in self.sent:
                assert row.operator != RETURNED
            used[row.user] += row.member == HELD
        assert all(count <= LIMITS.per_user for count in used.values())

    def teardown(self) -> None:
        """Clean up."""
        self.stop()
        self.loop.close()
        shutil.rmtree(self.folder)


def _member(state: JobState, *, released: bool) -> tuple[str, ...]:
    if released or state in {JobState.FAILED, JobState.CANCELLED}:
        return RETURNED
    return SPENT if state in {JobState.DELIVERED, JobState.KEPT} else HELD


@pytest.mark.timeout(7200)
def test_the_job_core_keeps_its_word(template: Path) -> None:
    JobCore.template = template
    machine: Any = JobCore.TestCase
    machine.settings = settings(
        max_examples=count("EXAMPLES", 6),
        stateful_step_count=count("STEPS", 25),
        deadline=None,
        derandomize=not count("FRESH", 0),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine("runTest").runTest()

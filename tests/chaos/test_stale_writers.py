"""A process that stood still past its heartbeats goes on: none of its late writes is taken.

Each process has a role of its own at the database, where triggers note who wrote what: whether a
write was stale is judged by the database, not by us.
"""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from hailuo.clock import SystemClock
from hailuo.jobs.job import JobState
from hailuo.store import Store
from tests.acceptance.playground import stand_ins
from tests.chaos.counts import count
from tests.chaos.town import PROCESSES, Town, town
from tests.jobs import LIMITS, ME, PICTURE, request_by
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

FROZEN_JOBS = count("FROZEN_JOBS", 4)
FREEZES = count("FREEZES", 1)
"""How often every job's owner is frozen; each time with new jobs."""
NEWS_TAKE_S = 3.0
"""How late the API's news are, so that the process is frozen while it waits for them."""
REFUSED = "job moved by someone else"
AUDIT = """
CREATE TABLE whose (worker text PRIMARY KEY, role text);
CREATE TABLE written (job text, role text, owner text, was text, became text);
CREATE FUNCTION note_worker() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO whose VALUES (NEW.id, session_user); RETURN NULL; END $$;
CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO written VALUES (NEW.id, session_user, NEW.owner, OLD.state, NEW.state);
  RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON workers FOR EACH ROW EXECUTE FUNCTION note_worker();
CREATE TRIGGER note AFTER UPDATE OF state, announced, request_id, owner ON jobs
  FOR EACH ROW EXECUTE FUNCTION note_write();
"""
STALE = """
SELECT written.* FROM written JOIN whose ON whose.worker = written.owner
WHERE whose.role <> written.role
"""
"""Writes to a job that belonged to another process's worker, then or by that very write."""

pytestmark = pytest.mark.timeout(600 + 180 * FREEZES)


@pytest.fixture
def audited() -> Generator[list[str]]:
    """Return the addresses, one for each process, of a database that notes who writes."""
    with postgres_server() as server:
        server.relax()
        url = server.create(name="town")

        async def migrate() -> None:
            async with Store.open(url, SystemClock()):
                pass

        asyncio.run(migrate())
        roles = [f"bot{number}" for number in range(PROCESSES)]
        server.run("".join(f"CREATE ROLE {role} LOGIN SUPERUSER;" for role in roles))
        server.run(f"\\c town\n{AUDIT}")
        yield [
            make_url(url).set(username=role).render_as_string(hide_password=False) for role in roles
        ]


async def test_a_thawed_process_writes_nothing(tmp_path: Path, audited: list[str]) -> None:
    with stand_ins() as playground:
        async with town(tmp_path, audited, playground) as here:
            for freeze in range(1, FREEZES + 1):
                await _begin(here, FROZEN_JOBS * freeze)
                await _freeze_and_thaw(here)
                await _complete(here)
                assert {job.state for job in await here.here.rest(300)} == {JobState.DELIVERED}
            refused = sum(bot.log.count(REFUSED) for bot in here.bots)
            stale = await here.sql(STALE)
            written = await here.sql("SELECT count(*) FROM written")
            print(f"{refused} stale writes refused, {len(stale)} of {written} were stale")  # noqa: T201 - figures
            assert stale == []
            assert refused >= FREEZES
            assert await here.here.broken_promises() == []


async def test_the_audit_sees_a_stale_write(audited: list[str]) -> None:
    """A write in another's name, which the product never makes, is noted as one."""
    engine = create_async_engine(audited[0])
    async with (
        Store.open(audited[0], SystemClock()) as one,
        Store.open(audited[1], SystemClock()) as two,
        engine.connect() as connection,
    ):
        await one.enlist(ME)
        job = await one.accept(request_by(), PICTURE, LIMITS, ME)
        job = await one.move(job, JobState.SUBMITTING)
        assert (await connection.execute(text(STALE))).all() == []
        await two.move(job, JobState.UNKNOWN)
        assert len((await connection.execute(text(STALE))).all()) == 1
    await engine.dispose()


async def _begin(here: Town, jobs: int) -> None:
    """Have new jobs wait at the API, which will say so for long."""
    await here.stage.runcomfy.post("/sandbox/settings", queue_s=[3600, 3600])
    known = len(await here.here.ours())
    for number in range(FROZEN_JOBS):
        await here.here.insist(known + number + 1)

    async def recorded() -> bool:
        ours = await here.here.ours()
        return [job.state for job in ours].count(JobState.IN_QUEUE) == FROZEN_JOBS

    await here.stage.until(recorded, f"{jobs} jobs are at the API", 300)


async def _freeze_and_thaw(here: Town) -> None:
    """Stop the jobs' owner while it waits for news of them, until others have them."""
    (owner,) = await here.owners()
    frozen = here.running(owner)
    looks = "GET /v1/requests/*/status"
    news = {"status": 200, "body": {"status": "in_progress"}, "delay_s": NEWS_TAKE_S}
    await here.stage.runcomfy.post("/sandbox/faults", route=looks, times=None, **news)
    asked_at = time.monotonic()

    async def asking() -> bool:
        calls = (await here.stage.runcomfy.get("/sandbox/ledger"))["calls"]
        under_way = sum(call["status"] is None for call in calls)
        return under_way > 0 and time.monotonic() - asked_at > NEWS_TAKE_S * 0.7

    await here.stage.until(asking, "it waits for news")
    assert frozen.process is not None
    frozen.process.send_signal(signal.SIGSTOP)
    await here.stage.runcomfy.delete("/sandbox/faults")
    await here.make_old(owner)
    await here.stage.until(lambda: here.taken_over(owner), "the others take over")
    await here.stage.until(lambda: _all_answered(here), "the news come to who cannot read them")
    frozen.process.send_signal(signal.SIGCONT)

    async def awake() -> bool:
        return f"was={owner}" in frozen.log

    await here.stage.until(awake, "it begins anew")


async def _all_answered(here: Town) -> bool:
    calls = (await here.stage.runcomfy.get("/sandbox/ledger"))["calls"]
    return all(call["status"] is not None for call in calls)


async def _complete(here: Town) -> None:
    """Have the API finish whatever it has."""
    await here.stage.runcomfy.post("/sandbox/settings", queue_s=[0, 0], render_s=[0, 0])
    for submit in await here.stage.submits():
        if submit["status"] != "completed":
            path = f"/sandbox/requests/{submit['request_id']}"
            await here.stage.runcomfy.post(path, status="completed")

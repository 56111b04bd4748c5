"""The pool against children that crash, hang, babble and eat what they can."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hailuo.children.errors import (
    ChildDiedError,
    ChildError,
    ChildGarbledError,
    ChildStartError,
    ChildTimeoutError,
    PoolBusyError,
    TaskRaisedError,
)
from hailuo.children.limits import MIB, Limits
from hailuo.children.pool import ChildPool
from tests.integration.children.hostile_tasks import DemoRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TASKS = "tests.integration.children.hostile_tasks"
LIMITS = Limits(memory_bytes=256 * MIB, cpu_seconds=1, file_bytes=4 * MIB, open_files=24)
SOON = timedelta(seconds=30)
AT_ONCE = timedelta(seconds=0.3)


@pytest.fixture
async def pool() -> AsyncIterator[ChildPool]:
    async with ChildPool(
        TASKS, refusals=(DemoRefusedError,), limits=LIMITS, size=1, queue=2, jobs_per_child=5
    ) as pool:
        yield pool


async def child_pid(pool: ChildPool) -> int:
    answer = await pool.run("pid", {}, within=SOON)
    assert isinstance(answer["pid"], int)
    return answer["pid"]


def is_running(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while is_running(pid):
            await asyncio.sleep(0.01)


async def test_returns_what_the_task_returns(pool: ChildPool) -> None:
    arguments = {"text": "ещё 🦊", "number": 1.5, "list": [1, None, True]}
    assert await pool.run("echo", arguments, within=SOON) == arguments


async def test_a_refusal_arrives_with_its_sentence_and_evidence(pool: ChildPool) -> None:
    with pytest.raises(DemoRefusedError) as caught:
        await pool.run("refuse", {"found": "odd"}, within=SOON)
    assert caught.value.user_message == "The file is odd."
    assert caught.value.detail == "evidence"


@pytest.mark.parametrize(
    ("task", "arguments", "error"),
    [
        ("bug", {}, TaskRaisedError),
        ("eat_memory", {}, TaskRaisedError),
        ("fill_disk", {"path": "big"}, TaskRaisedError),
        ("open_many", {}, TaskRaisedError),
        ("no_such_task", {}, TaskRaisedError),
        ("crash", {}, ChildDiedError),
        ("leave", {}, ChildDiedError),
        ("babble", {}, ChildDiedError),
        ("spin", {}, ChildDiedError),
        ("wrong_shape", {}, ChildGarbledError),
        ("talk_too_much", {}, ChildGarbledError),
        ("refuse_foreign", {}, ChildGarbledError),
        ("refuse_with", {"facts": {}}, ChildGarbledError),
        ("refuse_with", {"facts": {"found": "x" * 500}}, ChildGarbledError),
        ("refuse_with", {"facts": {"found": "new\nline"}}, ChildGarbledError),
        ("refuse_with", {"facts": {"found": ["list"]}}, ChildGarbledError),
    ],
)
async def test_whatever_happens_in_a_child_is_an_error_and_the_next_job_works(
    pool: ChildPool,
    tmp_path: Path,
    task: str,
    arguments: dict[str, object],
    error: type[ChildError],
) -> None:
    if "path" in arguments:
        arguments = {"path": str(tmp_path / "big")}
    with pytest.raises(error):
        await pool.run(task, arguments, within=SOON)
    assert await pool.run("echo", {"a": 1}, within=SOON) == {"a": 1}


async def test_a_hang_is_killed_at_its_wall_time(pool: ChildPool) -> None:
    before = await child_pid(pool)
    with pytest.raises(ChildTimeoutError):
        await pool.run("hang", {}, within=AT_ONCE)
    assert await child_pid(pool) != before
    assert not is_running(before)


async def test_cancelling_kills_the_child_at_work(pool: ChildPool, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    job = asyncio.create_task(
        pool.run("hang_and_tell", {"pid_file": str(pid_file)}, within=SOON), name="hanging job"
    )
    while not pid_file.exists():
        await asyncio.sleep(0.01)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await until_gone(int(pid_file.read_text()))
    assert await pool.run("echo", {"a": 1}, within=SOON) == {"a": 1}


async def test_a_child_killed_while_idle_is_replaced_unseen(pool: ChildPool) -> None:
    pid = await child_pid(pool)
    child = await pool._seats[0].child()
    os.kill(pid, signal.SIGKILL)
    while child.alive:  # until its closed pipe is seen
        await asyncio.sleep(0.001)
    assert await child_pid(pool) != pid


async def test_a_child_is_replaced_after_its_share_of_jobs(pool: ChildPool) -> None:
    pids = [await child_pid(pool) for _ in range(11)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [5, 5, 1]


async def test_a_full_queue_refuses_at_once(pool: ChildPool) -> None:
    await child_pid(pool)
    jobs = [
        asyncio.create_task(pool.run("hang", {}, within=SOON), name=f"job {index}")
        for index in range(3)
    ]
    await asyncio.sleep(0)
    with pytest.raises(PoolBusyError) as caught:
        await pool.run("echo", {}, within=SOON)
    assert caught.value.retryable
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)
    assert await pool.run("echo", {"a": 1}, within=SOON) == {"a": 1}


async def test_a_cancelled_wait_leaves_the_queue(pool: ChildPool) -> None:
    await child_pid(pool)
    at_work = asyncio.create_task(pool.run("hang", {}, within=SOON), name="at work")
    for _ in range(5):
        waiting = asyncio.create_task(pool.run("echo", {}, within=SOON), name="waiting")
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work


async def test_children_share_the_work() -> None:
    async with ChildPool(TASKS, limits=LIMITS, size=2) as pool:
        hanging = asyncio.create_task(pool.run("hang", {}, within=SOON), name="hanging")
        assert await pool.run("echo", {"a": 1}, within=SOON) == {"a": 1}
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging


async def test_noise_on_stdout_does_not_reach_the_answer(pool: ChildPool) -> None:
    assert await pool.run("print_noise", {}, within=SOON) == {"said": True}


async def test_children_see_no_secret(pool: ChildPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "canary")
    with pytest.raises(ChildDiedError):
        await pool.run("crash", {}, within=SOON)  # so that the next child starts under the canary
    environment = await pool.run("environment", {}, within=SOON)
    assert "canary" not in str(environment)
    assert set(environment) <= {
        "PYTHONPATH",
        "PYTHONUTF8",
        "MALLOC_ARENA_MAX",
        "LD_LIBRARY_PATH",
        "SYSTEMROOT",
        "LC_CTYPE",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX alone has these limits")
async def test_children_bind_themselves(pool: ChildPool) -> None:
    assert await pool.run("limits", {}, within=SOON) == {
        "RLIMIT_AS": [256 * MIB] * 2,
        "RLIMIT_FSIZE": [4 * MIB] * 2,
        "RLIMIT_NOFILE": [24] * 2,
        "RLIMIT_CORE": [0, 0],
    }


async def test_children_import_no_more_than_they_need(pool: ChildPool) -> None:
    answer = await pool.run("modules", {}, within=SOON)
    assert isinstance(answer["modules"], list)
    assert not {"asyncio", "aiohttp", "discord", "pydantic", "sqlalchemy"} & set(answer["modules"])


async def test_a_module_that_cannot_be_imported_is_told_to_the_operator() -> None:
    async with ChildPool("tests.no_such_module", limits=LIMITS) as pool:
        for _ in range(2):
            with pytest.raises(ChildStartError, match="No module named"):
                await pool.run("echo", {}, within=SOON)


async def test_leaving_the_pool_leaves_no_child() -> None:
    async with ChildPool(TASKS, limits=LIMITS, size=2) as pool:
        pid = await child_pid(pool)
        hanging = asyncio.create_task(pool.run("hang", {}, within=SOON), name="hanging")
        await asyncio.sleep(0)
    assert not is_running(pid)
    with pytest.raises(ChildDiedError):
        await hanging
    with pytest.raises(RuntimeError, match="closed"):
        await pool.run("echo", {}, within=SOON)


async def test_a_child_at_work_ends_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"""
import asyncio
from datetime import timedelta
from hailuo.children.pool import ChildPool
async def main():
    async with ChildPool({TASKS!r}, size=1) as pool:
        arguments = {{"pid_file": {str(pid_file)!r}}}
        await pool.run("hang_and_tell", arguments, within=timedelta(hours=1))
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=Path(__file__).parents[3]
    )
    async with asyncio.timeout(20):
        while not pid_file.exists():
            await asyncio.sleep(0.01)
    parent.kill()
    await parent.wait()
    await until_gone(int(pid_file.read_text()))

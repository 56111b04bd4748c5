"""One client's run, in a process of its own: ``python -m benchmarks.race.runner JSON``.

The argument names the client, the server, how many jobs to run at once and how fast the clock
runs; what comes back is one JSON line. All waits of all clients go through ``asyncio.sleep``, so
a faster clock divides them there, for every client alike.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager


STARTED_WITHIN_S = 10.0


class Client(Protocol):
    """A client under test."""

    async def run(self, prompt: str) -> object:
        """Submit a job and wait for its result."""
        ...


@dataclass(frozen=True, slots=True)
class Course:
    """What one run is."""

    client: str
    url: str
    jobs: int
    speed: float
    history: int = 0
    patience: float = 600.0
    """Seconds of the jobs' clock, after which those that have not ended count as failed."""


def main() -> None:
    """Run the course that the command line describes and print what came of it."""
    course = Course(**json.loads(sys.argv[1]))
    _quicken(course.speed)
    print(json.dumps(asyncio.run(_run(course))))


def _quicken(speed: float) -> None:
    sleep = asyncio.sleep

    async def quick(delay: float, result: Any = None) -> Any:
        return await sleep(delay / speed, result)

    asyncio.sleep = quick


async def _run(course: Course) -> dict[str, Any]:
    module = importlib.import_module(f"benchmarks.race.{course.client}")
    open_client: Callable[[Course], AbstractAsyncContextManager[Client]] = module.open_client
    async with open_client(course) as client:
        if course.history:
            await _all(client, course, [f"past {number}" for number in range(course.history)])
            await _reset(course.url)
        before = _cpu()
        ended = await _all(client, course, [f"job {number}" for number in range(course.jobs)])
        spent = _cpu() - before
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ended": ended, "cpu_s": spent, "rss_mib": rss}


async def _all(client: Client, course: Course, prompts: list[str]) -> dict[str, dict[str, Any]]:
    ended: dict[str, dict[str, Any]] = {}

    async def one(number: int, prompt: str) -> None:
        # Begun all at once, they would measure the server's backlog of new connections.
        await asyncio.sleep(STARTED_WITHIN_S * number / len(prompts))
        try:
            result = await client.run(prompt)
        except Exception as error:  # noqa: BLE001  # what a client raises is what is measured
            what = {"error": f"{type(error).__name__}: {error}"[:200]}
        else:
            what = {"result": str(result)[:200]}
        ended[prompt] = {"at": time.monotonic(), **what}

    tasks = {asyncio.create_task(one(*job), name=job[1]) for job in enumerate(prompts)}
    _, late = await asyncio.wait(tasks, timeout=course.patience / course.speed)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    unended = {"at": time.monotonic(), "error": "did not end in time"}
    return {prompt: ended.get(prompt, unended) for prompt in prompts}


async def _reset(url: str) -> None:
    aiohttp = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession() as session, session.post(f"{url}/bench/reset"):
        pass


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

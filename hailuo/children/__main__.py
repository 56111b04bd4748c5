"""The child's side: ``python -m hailuo.children MODULE LIMITS`` serves the tasks of a module.

Kept free of asyncio and of anything else that is slow to import: a child starts in the time of
its decoder.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import sys
import threading
from typing import IO, TYPE_CHECKING, cast

from hailuo.children import frames
from hailuo.children.limits import Limits
from hailuo.errors import HailuoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Task = Callable[..., frames.Message]


def main(module: str, limits: Limits) -> None:
    """Serve one request after the other until the parent hangs up."""
    requests, answers = _take_pipes()
    limits.apply()
    _end_with_parent()
    try:
        tasks = cast("Mapping[str, Task]", importlib.import_module(module).TASKS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
        _send(answers, {"failed": _describe(error)})
        return
    _send(answers, {"ready": True})
    for request in _read(requests):
        limits.grant_job()
        _send(answers, _perform(tasks, request))


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the pipes for messages alone: a library that prints goes to stderr instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers


def _end_with_parent() -> None:
    """Leave as soon as the parent is gone, even from the middle of a job."""
    if not hasattr(select, "poll"):
        return  # on Windows the end of the pipe is seen after the job

    def watch() -> None:
        poll = select.poll()
        poll.register(sys.stdin.fileno(), 0)  # no event asked for: only a hang-up is reported
        poll.poll()
        os._exit(os.EX_OK)

    threading.stack_size(256 * 1024)
    threading.Thread(target=watch, name="parent watch", daemon=True).start()
    threading.stack_size(0)


def _read(requests: IO[bytes]) -> Iterator[frames.Message]:
    while header := requests.read(frames.HEADER_SIZE):
        yield frames.unpack(requests.read(frames.body_size(header)))


def _send(answers: IO[bytes], message: Mapping[str, object]) -> None:
    answers.write(frames.pack(message))
    answers.flush()


def _perform(tasks: Mapping[str, Task], request: frames.Message) -> frames.Message:
    """Run the task; every way it can end is an answer."""
    try:
        task = tasks[cast("str", request["task"])]
        return {"answer": task(**cast("dict[str, object]", request["arguments"]))}
    except HailuoError as refusal:
        return {
            "refused": type(refusal).__name__,
            "facts": refusal.facts,
            "detail": refusal.detail,
        }
    except Exception as error:  # noqa: BLE001 - a task's bug must not look like a crash
        return {"failed": _describe(error)}


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


if __name__ == "__main__":
    main(sys.argv[1], Limits(**json.loads(sys.argv[2])))

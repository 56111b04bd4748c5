"""The real bot, which kills itself at a named point; `test_real_points.py` starts it.

``DIE_AT="2 after commit: Store.move"`` in its environment has it die at the second passing of that
point. Every point that is passed is added to the file ``POINTS_PASSED``, one a line.

The points are put around the doors through which all effects leave the process: transactions,
HTTP calls of either API and of the CDN, renames. The product has no hook for it.
"""

from __future__ import annotations

import os
import re
import signal
from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from hailuo.store.database import Database
from tests.forks import run_eager_bot

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME_OF_ONE = re.compile(r"(?<=/)(?=[^/]*\d)[^/]{5,}|(?<=/)[^/]{25,}")
"""A part of a path that names one thing: an id or a token."""
_VERSION = re.compile(r"^(/api)?/v\d+")


def run_doomed_bot() -> int:
    """Run the bot with its points put; return its exit code, where it comes to that."""
    put_points(Doom(os.environ["DIE_AT"], os.environ["POINTS_PASSED"]))
    return run_eager_bot()


class Doom:
    """Counts the passings of each named point, and kills the process at one of them."""

    def __init__(self, die_at: str, passed: str) -> None:
        self._die_at = die_at
        self._passings: Counter[str] = Counter()
        self._file = os.open(passed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def reach(self, name: str) -> None:
        """Pass a point, or die at it as a power cut would have it."""
        self._passings[name] += 1
        passing = f"{self._passings[name]} {name}"
        os.write(self._file, f"{passing}\n".encode())
        if passing == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


def put_points(doom: Doom) -> None:
    """Put points before and after each commit, send, answer and rename of this process."""
    session: Any = aiohttp.ClientSession
    request: Any = aiohttp.ClientRequest
    commit, call, send, rename = Database.write, session._request, request.send, os.replace

    @wraps(commit)
    async def commit_at_points(self: Database, act: Callable[..., Any]) -> Any:
        name = act.__qualname__.partition(".<locals>")[0]
        doom.reach(f"before commit: {name}")
        result = await commit(self, act)
        doom.reach(f"after commit: {name}")
        return result

    @wraps(call)
    async def call_at_points(self: Any, method: str, url: str | URL, **more: Any) -> Any:
        doom.reach(f"before send: {route_of(method, url)}")
        answer = await call(self, method, url, **more)
        doom.reach(f"after answer: {route_of(method, url)}")
        return answer

    @wraps(send)
    async def send_at_point(self: Any, connection: Any) -> Any:
        response = await send(self, connection)
        doom.reach(f"sent: {route_of(self.method, self.url)}")
        return response

    @wraps(rename)
    def rename_at_points(source: Any, target: Any, **more: Any) -> None:
        doom.reach("before rename")
        rename(source, target, **more)
        doom.reach("after rename")

    Database.write, os.replace = commit_at_points, rename_at_points
    session._request, request.send = call_at_points, send_at_point


def route_of(method: str, url: str | URL) -> str:
    """Return the call without what differs from run to run."""
    path = _VERSION.sub("", URL(url).path)
    return f"{method} {_NAME_OF_ONE.sub('*', path)}"

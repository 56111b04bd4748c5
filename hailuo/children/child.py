"""The parent's handle on one child process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hailuo.children.conversation import Conversation
from hailuo.children.errors import (
    ChildDiedError,
    ChildGarbledError,
    ChildStartError,
    ChildTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from hailuo.children.frames import Message
    from hailuo.children.limits import Limits

_IMPORT_ROOT: Final = Path(__file__).resolve().parents[2]
# What an interpreter may need to start at all; the rest of our environment holds secrets.
_INHERITED: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")


class Child:
    """A child that is ready for a job, does one at a time, and can be killed at any moment."""

    def __init__(self, transport: asyncio.SubprocessTransport, conversation: Conversation) -> None:
        self._transport = transport
        self._conversation = conversation
        self.jobs_done = 0

    @classmethod
    async def start(cls, module: str, limits: Limits, *, within: timedelta) -> Child:
        """Start a child that serves the tasks of ``module``; raise `ChildStartError`."""
        command = (sys.executable, "-P", "-m", "hailuo.children", module)
        try:
            transport, conversation = await asyncio.get_running_loop().subprocess_exec(
                Conversation,
                *command,
                json.dumps(limits.as_message()),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for the bot, which then ends us
            )
        except OSError as error:
            raise ChildStartError(f"{command}: {error}") from error
        child = cls(transport, conversation)
        try:
            await child._greet(within)
        except BaseException:
            await child.end()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Tell whether the process can still take a job."""
        return not self._conversation.hung_up

    @property
    def pid(self) -> int:
        """The process id, for logs."""
        return self._transport.get_pid()

    async def ask(
        self, task: str, arguments: Mapping[str, object], *, within: timedelta
    ) -> Message:
        """Have one task done and return what the child says of it; raise a `ChildError`.

        After an error, or when cancelled, the child is in an unknown state: end it.
        """
        self._conversation.say({"task": task, "arguments": arguments})
        try:
            async with asyncio.timeout(within.total_seconds()):
                answer = await self._conversation.hear()
        except TimeoutError as error:
            raise ChildTimeoutError(f"{task} ran for more than {within}") from error
        self.jobs_done += 1
        return answer

    def kill(self) -> None:
        """Kill the process now, without waiting for its end."""
        self._transport.close()

    async def end(self) -> None:
        """Kill the process and wait until nothing of it is left."""
        self.kill()
        await self._conversation.over.wait()

    async def _greet(self, within: timedelta) -> None:
        """Wait for the child's word that it has bound itself and loaded its tasks."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                greeting = await self._conversation.hear()
        except (TimeoutError, ChildDiedError, ChildGarbledError) as error:
            raise ChildStartError(f"no greeting: {error!r}") from error
        if greeting != {"ready": True}:
            raise ChildStartError(f"could not load its tasks: {greeting.get('failed')}")


def _environment() -> dict[str, str]:
    """Return an environment that lets the child start and tells it nothing."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_IMPORT_ROOT),
        "PYTHONUTF8": "1",
        # Each further glibc arena reserves 64 MiB of the address space that is limited.
        "MALLOC_ARENA_MAX": "1",
    }

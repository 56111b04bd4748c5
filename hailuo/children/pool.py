"""A small pool of killable children that heals itself."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from hailuo.children import frames
from hailuo.children.child import Child
from hailuo.children.errors import (
    ChildGarbledError,
    PoolBusyError,
    TaskRaisedError,
)
from hailuo.children.limits import DEFAULT_LIMITS, Limits
from hailuo.children.seat import Seat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from hailuo.children.frames import Message
    from hailuo.errors import HailuoError

_log = logging.getLogger(__name__)

START_WITHIN: Final = timedelta(seconds=30)
_MAX_FACT_CHARACTERS: Final = 100


class ChildPool:
    """Run the tasks of one module in child processes; an async context manager.

    ``module`` holds ``TASKS``: names to functions that take and return JSON. A task refuses by
    raising one of ``refusals``, which `run` raises again here. Whatever else happens to a child
    is a `ChildError`, and the next job finds a fresh child.
    """

    def __init__(
        self,
        module: str,
        *,
        refusals: Iterable[type[HailuoError]] = (),
        limits: Limits = DEFAULT_LIMITS,
        size: int = 2,
        queue: int = 32,
        jobs_per_child: int = 100,
    ) -> None:
        self._refusals = {refusal.__name__: refusal for refusal in refusals}
        self._queue = queue
        self._jobs_per_child = jobs_per_child
        self._waiting = 0
        # Last in, first out: a warm child is used again before a cold seat is taken.
        self._free: asyncio.LifoQueue[Seat] = asyncio.LifoQueue()
        self._seats = [
            Seat(lambda: Child.start(module, limits, within=START_WITHIN), name=f"{module} {index}")
            for index in range(size)
        ]

    async def __aenter__(self) -> Self:
        for seat in self._seats:
            self._free.put_nowait(seat)
        self._seats[-1].replace()  # the first job finds it warm
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.gather(*(seat.close() for seat in self._seats))

    async def run(
        self, task: str, arguments: Mapping[str, object], *, within: timedelta
    ) -> Message:
        """Have one task done in a child and return its answer.

        ``within`` is the wall time once a child has the job. Cancelling kills the child at work.
        Raise `PoolBusyError` when the queue is full, the task's refusal, or a `ChildError`.
        """
        seat = await self._take_seat(task)
        try:
            child = await seat.child()
            try:
                answer = self._read(await child.ask(task, arguments, within=within))
            except BaseException as error:
                _log.warning("child %s replaced in %s: %r", child.pid, task, error)
                child.kill()  # at once: the caller may remove what it was writing
                seat.replace()
                raise
            if child.jobs_done >= self._jobs_per_child:
                seat.replace()
        finally:
            self._free.put_nowait(seat)
        if isinstance(answer, dict):
            return answer
        raise answer

    async def _take_seat(self, task: str) -> Seat:
        if self._free.empty() and self._waiting >= self._queue:
            raise PoolBusyError(f"{task}: {self._waiting} jobs wait already")
        self._waiting += 1
        try:
            return await self._free.get()
        finally:
            self._waiting -= 1

    def _read(self, reply: Message) -> Message | HailuoError:
        """Return the answer or the refusal that a reply holds; raise a `ChildError`."""
        match reply:
            case {"answer": answer}:
                return frames.as_message(answer)
            case {"refused": str(name), "facts": facts, "detail": str(detail)}:
                return self._rebuild(name, frames.as_message(facts), detail)
            case {"failed": str(reason)}:
                raise TaskRaisedError(reason)
            case _:
                raise ChildGarbledError(f"neither answer nor refusal: {str(reply)[:200]}")

    def _rebuild(self, name: str, facts: Message, detail: str) -> HailuoError:
        """Return the refusal a child named, if it is one of ours and its sentence is complete."""
        refusal = self._refusals.get(name)
        if refusal is None or not all(_is_plain(fact) for fact in facts.values()):
            raise ChildGarbledError(f"no refusal of ours: {name}, {facts}"[:500])
        error = refusal(detail, **facts)
        try:
            _ = error.user_message
        except (LookupError, ValueError) as missing:
            raise ChildGarbledError(f"{name} without {missing}") from missing
        return error


def _is_plain(fact: object) -> bool:
    """Tell whether a fact may stand in a sentence: a child taken over must not speak for us."""
    if isinstance(fact, str):
        return len(fact) <= _MAX_FACT_CHARACTERS and fact.isprintable()
    return isinstance(fact, int | float)

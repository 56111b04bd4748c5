"""The rendering farm: requests wait, render and end by the clock."""

from __future__ import annotations

import asyncio
import random
import uuid
from typing import TYPE_CHECKING

from .errors import ApiError
from .generation import Generation, RequestId, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from .changes import Changes
    from .clock import Clock
    from .pictures import Picture, PictureFetcher
    from .rules import Input
    from .settings import Settings


class Farm:
    """Take requests in and move each through its stages in a task of its own."""

    def __init__(
        self,
        clock: Clock,
        changes: Changes,
        fetcher: PictureFetcher,
        settings: Callable[[], Settings],
    ) -> None:
        self.generations: dict[RequestId, Generation] = {}
        self._clock = clock
        self._changes = changes
        self._fetcher = fetcher
        self._settings = settings
        self._rng = random.Random(settings().seed)
        self._queue: dict[RequestId, Generation] = {}
        self._tasks: dict[RequestId, asyncio.Task[None]] = {}

    def reseed(self, seed: int) -> None:
        """Draw the lengths of later requests from this seed on."""
        self._rng = random.Random(seed)

    def accept(self, model_id: str, wanted: Input, picture: Picture | None) -> Generation:
        """Queue a request; without a picture it is fetched when rendering starts."""
        settings = self._settings()
        generation = Generation(
            request_id=RequestId(str(uuid.uuid4())),
            model_id=model_id,
            input=wanted,
            accepted_at=self._clock.now(),
            queue_s=settings.queue_s.draw(self._rng),
            render_s=settings.render_s.draw(self._rng),
            picture=picture,
        )
        key = generation.request_id
        self.generations[key] = self._queue[key] = generation
        task = asyncio.create_task(self._live(generation), name=f"generation {key}")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))
        self._changes.notify()
        return generation

    def queue_position(self, generation: Generation) -> int:
        """Return 1 for the request that is next."""
        return list(self._queue).index(generation.request_id) + 1

    def cancel(self, generation: Generation) -> bool:
        """Take a request out of the queue; False when it has left the queue already."""
        if generation.stage is not Stage.IN_QUEUE:
            return False
        self.end(generation, Stage.CANCELLED)
        return True

    def end(self, generation: Generation, stage: Stage, error: object = None) -> None:
        """Bring a request to a final stage now, whatever its plan was."""
        if task := self._tasks.get(generation.request_id):
            task.cancel()
        self._queue.pop(generation.request_id, None)
        generation.end(stage, self._clock.now(), error)
        self._changes.notify()

    async def hurry(self, generation: Generation, stage: Stage) -> None:
        """Move a request forward to this stage now, past clock and concurrency limit."""
        generation.hurried_to = stage
        if generation.alarm and not generation.alarm.done():
            generation.alarm.set_result(self._clock.now())
        self._changes.notify()
        await self._changes.until(lambda: stage not in generation.stages_ahead)

    async def close(self) -> None:
        """Stop all work."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live(self, generation: Generation) -> None:
        due = await self._wait(generation, generation.accepted_at + generation.queue_s)
        started_at = await self._take_slot(generation, due)
        del self._queue[generation.request_id]
        generation.start(started_at)
        self._changes.notify()
        try:
            if generation.picture is None:
                generation.picture = await self._fetcher.fetch(generation.input.image_url)
        except ApiError as error:
            generation.end(Stage.FAILED, self._clock.now(), str(error))
        else:
            finished_at = await self._wait(generation, started_at + generation.render_s)
            generation.end(Stage.COMPLETED, finished_at)
        self._changes.notify()

    async def _wait(self, generation: Generation, due: float) -> float:
        """Stay in the present stage until `due`, or until somebody hurries it on."""
        if generation.hurried_to in generation.stages_ahead:
            return self._clock.now()
        generation.alarm = self._clock.alarm(due)
        return await generation.alarm

    async def _take_slot(self, generation: Generation, due: float) -> float:
        if self._may_start(generation):
            return due
        await self._changes.until(lambda: self._may_start(generation))
        return self._clock.now()

    def _may_start(self, generation: Generation) -> bool:
        limit = self._settings().max_concurrency
        if limit is None or generation.hurried_to:
            return True
        rendering = sum(one.stage is Stage.IN_PROGRESS for one in self.generations.values())
        return rendering < limit and next(iter(self._queue)) == generation.request_id

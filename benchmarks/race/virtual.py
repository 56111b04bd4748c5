"""Our pacing alone, without sockets or time: many jobs, so that chance hardly shows.

The course is that of the races: the jobs begin within ten seconds, after as many others, which
began together with no history, have been watched to their ends.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.race.lengths import draw
from benchmarks.race.runner import STARTED_WITHIN_S
from hailuo.jobs.pacing import Pacing, Rules, Watch

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class Watched:
    """One job and what looks at it came to; times are seconds."""

    watch: Watch
    queue: float
    render: float
    began_at: float
    looks: int = 0
    late: float = 0.0

    @property
    def late_share(self) -> float:
        """Return the lateness over what is fair without history: a tenth of the length, or 2 s."""
        return self.late / max((self.queue + self.render) / 10, 2.0)

    def look(self, now: float) -> float | None:
        """Look at the job; return when to look again, None if it was found done."""
        age = now - self.began_at
        self.looks += 1
        if age >= self.queue + self.render:
            self.late = age - self.queue - self.render
            self.watch.done(timedelta(seconds=age))
            return None
        (self.watch.saw_render if age >= self.queue else self.watch.saw_queue)(
            timedelta(seconds=age)
        )
        return self.next_look(now)

    def next_look(self, now: float) -> float:
        """Return when to look next."""
        gap = self.watch.next_look(timedelta(seconds=now - self.began_at))
        return now + gap.total_seconds()


def watch_all(kind: str, rules: Rules, *, history: int, jobs: int, seed: int) -> list[Watched]:
    """Watch so many jobs at once, after so many jobs of history."""
    rng = random.Random(seed)
    pacing = Pacing(rules, random.Random(f"pacing {seed}"))
    _watch_batch(pacing, [draw(kind, rng) for _ in range(history)])
    return _watch_batch(pacing, [draw(kind, rng) for _ in range(jobs)])


def _watch_batch(pacing: Pacing, lengths: Sequence[tuple[float, float]]) -> list[Watched]:
    watched: list[Watched] = []
    due: list[tuple[float, int]] = []
    for number, (queue, render) in enumerate(lengths):
        began_at = STARTED_WITHIN_S * number / len(lengths)
        watched.append(Watched(pacing.watch(), queue, render, began_at))
        heapq.heappush(due, (watched[number].next_look(began_at), number))
    while due:
        now, number = heapq.heappop(due)
        again = watched[number].look(now)
        if again is not None:
            heapq.heappush(due, (again, number))
    return watched

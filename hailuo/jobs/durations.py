"""How long jobs take: learned from looks, which only ever tell "between then and then".

All times are seconds since the API accepted the job.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

WINDOW = 128
"""Jobs remembered; what is older says little about today's load."""

# Sights are remembered for longer than jobs: a good schedule seldom looks closely, and what it no
# longer sees would fade.
_SIGHTS = 4
_RENDER_POINTS = 96
_QUEUE_POINTS = 8
# The gaps of a schedule that knows nothing; what is known that well counts as seen.
_SHARP_SECONDS = 2.1
_SHARP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Between:
    """Something happened not before ``low`` and not after ``high``."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Return the middle; for what has no end yet, the beginning."""
        return self.low if self.high == float("inf") else (self.low + self.high) / 2

    def of(self, times: Sequence[float]) -> Sequence[float]:
        """Return those of the sorted times that lie inside."""
        return times[bisect_left(times, self.low) : bisect_right(times, self.high)]


class Durations:
    """The last finished jobs of one model, and what they say about the jobs under way."""

    def __init__(self, rng: random.Random, window: int = WINDOW) -> None:
        self._rng = rng
        self._jobs: deque[tuple[float, float]] = deque(maxlen=window)
        self._queues_seen: deque[float] = deque(maxlen=_SIGHTS * window)
        self._totals_seen: deque[float] = deque(maxlen=_SIGHTS * window)
        self._queues: Sequence[float] = ()
        self._renders: Sequence[float] = ()
        self._smooth_renders: Sequence[float] = ()
        self.render_width = 0.0
        """How wide the render times are spread, in seconds; see `width`."""

    def __len__(self) -> int:
        return len(self._jobs)

    def learn(self, queue: Between, total: Between) -> None:
        """Remember a job that left the queue, and was done, at times known this well."""
        done = self._place(total, self._totals_seen, total.high, lambda _: 1.0)
        queue = Between(min(queue.low, done), min(queue.high, done))
        left = self._place(queue, self._queues_seen, done, lambda q: self._likeness(done - q))
        self._jobs.append((left, done))
        self._queues = sorted(left for left, _ in self._jobs)
        self._renders = sorted(done - left for left, done in self._jobs)
        self._smooth_renders = _thinned(_smeared(self._renders), _RENDER_POINTS)
        self.render_width = width(self._renders)

    def waiting_at(self, age: float) -> int:
        """Return how many of the remembered jobs were still in the queue at this age."""
        return len(self._queues) - bisect_left(self._queues, age)

    def queue_ends(self, after: float) -> tuple[float, float] | None:
        """Return the age at which the queue ends for the first jobs that waited longer than this,
        and on average; None if no job did.
        """  # noqa: D205  # one sentence that does not fit on a line
        left = self._queues[bisect_left(self._queues, after) :]
        return (left[len(left) // 20], sum(left) / len(left)) if left else None

    def ends(self, queue: Between, age: float) -> list[float]:
        """Return when a job may end that leaves the queue in this time, as equally likely points.

        Sorted, and after ``age``; empty for a job that has outlasted all that is known.
        """
        left = _thinned(queue.of(self._queues), _QUEUE_POINTS) or [queue.middle]
        return sorted(end for q in left for r in self._smooth_renders if (end := q + r) > age)

    def _place(
        self,
        between: Between,
        seen: deque[float],
        age: float,
        weigh: Callable[[float], float],
    ) -> float:
        """Choose a time in an interval: any, or one like those that were seen to lie there.

        A narrow interval is as good as a sight. A wide one, as the first sparse look leaves it,
        would blur what better looks have told; so it takes its place among those.
        """
        inside = sorted(time for time in seen if between.low <= time <= between.high)
        wide = between.high - between.low > max(_SHARP_SECONDS, _SHARP_SHARE * age)
        if not (wide and inside):
            time = self._rng.uniform(between.low, between.high)
            if not wide:
                seen.append(time)
            return time
        (rank,) = self._rng.choices(range(len(inside)), [weigh(time) for time in inside])
        # Between its neighbours, or repeated draws would pile up on a few values.
        time = self._rng.uniform(inside[max(rank - 1, 0)], inside[min(rank + 1, len(inside) - 1)])
        seen.append(time)
        return time

    def _likeness(self, render: float) -> float:
        """Weigh a render time by how many there were about as long; never by nothing."""
        if not self._renders:
            return 1.0
        reach = (self._renders[-1] - self._renders[0]) / 10
        low = bisect_left(self._renders, render - reach)
        return bisect_right(self._renders, render + reach) - low + 0.01


def width(times: Sequence[float]) -> float:
    """Return how wide an even spread would be that varies as much as these times do."""
    mean = sum(times) / len(times)
    return (12 * sum((time - mean) ** 2 for time in times) / len(times)) ** 0.5


def _smeared(times: Sequence[float]) -> list[float]:
    """Return sorted times with each spread to both sides: a few jobs are no fine comb."""
    count = len(times)
    reach = 2 * (times[3 * count // 4] - times[count // 4]) / count**0.5
    return sorted(max(0.0, time + step) for time in times for step in (-reach, 0.0, reach))


def _thinned(times: Sequence[float], most: int) -> Sequence[float]:
    """Return at most so many of the sorted times, evenly by rank."""
    count = len(times)
    if count <= most:
        return times
    return [times[(2 * rank + 1) * count // (2 * most)] for rank in range(most)]

"""How long jobs take: learned from looks, which only ever tell "between then and then".

All times are seconds since the job was accepted.
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

_RENDER_POINTS = 96
_QUEUE_POINTS = 8
# What looks without knowledge give: these are the gaps of such a schedule.
_SHARP_SECONDS = 2.1
_SHARP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Between:
    """Something happened after ``low`` and not after ``high``."""

    low: float
    high: float


class Durations:
    """The last finished jobs of one model, and what they say about the jobs under way."""

    def __init__(self, rng: random.Random, window: int = WINDOW) -> None:
        self._rng = rng
        self._jobs: deque[tuple[float, float]] = deque(maxlen=window)
        self._sharp_queues: deque[float] = deque(maxlen=window)
        self._sharp_totals: deque[float] = deque(maxlen=window)
        self._queues: Sequence[float] = ()
        self._renders: Sequence[float] = ()
        self._smooth: Sequence[float] = ()

    def __len__(self) -> int:
        return len(self._jobs)

    def learn(self, queue: Between, total: Between) -> None:
        """Remember a job that left the queue and was done at times known this well.

        A time known well enough is taken from anywhere in its interval; one that is not, from
        where such times of other jobs lie in it.
        """
        done = self._draw(self._sharp_totals, total, total.high, lambda _: 1.0)
        queue = Between(min(queue.low, done), min(queue.high, done))
        left = self._draw(self._sharp_queues, queue, done, lambda q: self._renders_like(done - q))
        self._jobs.append((left, done))
        self._queues = sorted(queue for queue, _ in self._jobs)
        self._renders = sorted(done - queue for queue, done in self._jobs)
        self._smooth = _thinned(_smeared(self._renders), _RENDER_POINTS)

    def waiting(self, since: float) -> int:
        """Return how many of the remembered jobs were still in the queue at ``since``."""
        return len(self._queues) - bisect_right(self._queues, since)

    def ends(self, queue: Between, now: float) -> list[float]:
        """Return when a job may end that left, or leaves, the queue in this time: equally likely
        points after ``now``, sorted; none if it has outlasted all that is known.
        """  # noqa: D205  # one sentence that does not fit on a line
        queues = _thinned(_inside(self._queues, queue), _QUEUE_POINTS)
        if not queues:
            queues = [queue.low if queue.high == float("inf") else (queue.low + queue.high) / 2]
        return sorted(end for q in queues for r in self._smooth if (end := q + r) > now)

    def _draw(
        self,
        sharp: deque[float],
        between: Between,
        age: float,
        weigh: Callable[[float], float],
    ) -> float:
        known = sorted(time for time in sharp if between.low < time <= between.high)
        wide = between.high - between.low > max(_SHARP_SECONDS, _SHARP_SHARE * age)
        if wide and known:
            (place,) = self._rng.choices(range(len(known)), [weigh(time) for time in known])
            value = self._rng.uniform(
                known[max(0, place - 1)], known[min(place + 1, len(known) - 1)]
            )
        else:
            value = self._rng.uniform(between.low, between.high)
        if known or not wide:
            sharp.append(value)
        return value

    def _renders_like(self, render: float) -> float:
        """Weigh a render time by how many there were about as long; never by nothing."""
        if not self._renders:
            return 1.0
        reach = (self._renders[-1] - self._renders[0]) / 10
        low = bisect_left(self._renders, render - reach)
        return bisect_right(self._renders, render + reach) - low + 0.01


def _inside(known: Sequence[float], between: Between) -> Sequence[float]:
    return known[bisect_right(known, between.low) : bisect_right(known, between.high)]


def _smeared(values: Sequence[float]) -> list[float]:
    """Return sorted values with each spread a little to both sides: few jobs are no fine comb."""
    count = len(values)
    reach = 2 * (values[3 * count // 4] - values[count // 4]) / count**0.5
    return sorted(max(0.0, value + step) for value in values for step in (-reach, 0.0, reach))


def _thinned(values: Sequence[float], most: int) -> Sequence[float]:
    """Return at most so many of the sorted values, evenly by rank."""
    count = len(values)
    if count <= most:
        return values
    return [values[(2 * rank + 1) * count // (2 * most)] for rank in range(most)]

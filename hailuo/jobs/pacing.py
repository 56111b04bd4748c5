"""When to look at a job next, how long it may still take, and when to stop believing in it.

A look costs a request, and a finished job that nobody looks at costs its member a wait. With a
price for a look, in seconds of waiting, the next look goes where price and expected wait, per job
found done, are least. docs/pacing.md shows why, and how near to the least number that comes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from math import cbrt, hypot
from typing import TYPE_CHECKING

from hailuo.jobs.durations import Between, Durations, width

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_YET = float("inf")
_NEW = Between(0.0, _NOT_YET)
_MOST_UNHEARD = 1024
_ROUNDS = 6  # of a fixed point that halves its distance, or better, in each


@dataclass(frozen=True, slots=True)
class Rules:
    """What a look is worth, and the bounds that hold whatever was learned."""

    look_price: timedelta = timedelta(seconds=0.1)
    """The wait that one more look is worth."""
    least_gap: timedelta = timedelta(seconds=0.5)
    widest_gap: timedelta | None = timedelta(seconds=45)
    """So that a card stays true; None for no bound."""
    blind_gap: timedelta = timedelta(seconds=2)
    """The least gap while nothing is known."""
    blind_share: float = 0.09
    """The gap while nothing is known, as a share of the job's age: a tenth, less a round trip."""
    slack: float = 0.02
    """How much dearer than the best a look may be; within that, chance keeps jobs apart."""
    enough: int = 30
    """Finished jobs without which nothing counts as known."""
    thin: int = 10
    """Remembered jobs that waited as long, below which a wait is looked at as if unknown."""
    longest_queue: timedelta = timedelta(hours=2)
    """How long looks may find a job in the queue; after that it has stalled."""
    longest_render: timedelta = timedelta(hours=1)
    holds_up: timedelta = timedelta(minutes=15)
    """From this age on a job no longer keeps those that began after it from being learned from."""


@dataclass(frozen=True, slots=True)
class Eta:
    """How much longer a job takes: one in ten ends before ``low``, one in ten after ``high``."""

    low: timedelta
    high: timedelta


@dataclass(slots=True)
class Watch:
    """One job under way and what looks at it have told; ages count from its acceptance."""

    _pacing: Pacing = field(repr=False)
    _ticket: int
    _queue: Between = _NEW
    _last_look: float = 0.0

    @property
    def last_look(self) -> timedelta:
        """The age at which a look last found the job not done."""
        return timedelta(seconds=self._last_look)

    @property
    def rendering(self) -> bool:
        """Whether the job was seen outside the queue."""
        return self._queue.high < _NOT_YET

    def saw_queue(self, age: timedelta) -> None:
        """Note a look that found the job in the queue."""
        self._last_look = age.total_seconds()
        if not self.rendering:
            self._queue = Between(self._last_look, _NOT_YET)

    def saw_render(self, age: timedelta) -> None:
        """Note a look that found the job being rendered."""
        self._last_look = age.total_seconds()
        if not self.rendering:
            self._queue = Between(self._queue.low, self._last_look)

    def next_look(self, age: timedelta, retry_after: timedelta | None = None) -> timedelta:
        """Return how long to wait, from this age on, until the next look."""
        if age > self._pacing.rules.holds_up:
            self._pacing.forget(self._ticket)
        gap = self._pacing.gap(self._queue, age.total_seconds())
        return max(gap, retry_after or timedelta(0))

    def eta(self, age: timedelta) -> Eta | None:
        """Return how much longer the job takes; None if nothing is known of a job this old."""
        return self._pacing.eta(self._queue, age.total_seconds())

    def done(self, age: timedelta) -> None:
        """Learn from a job that a look found done."""
        total = Between(self._last_look, age.total_seconds())
        self._pacing.heard(self._ticket, self._queue, total)

    def dropped(self) -> None:
        """Forget a job that failed, was cancelled or is no longer watched."""
        self._pacing.forget(self._ticket)


class Pacing:
    """The pace of one model's jobs, learned from those that finished."""

    def __init__(self, rules: Rules | None = None, rng: random.Random | None = None) -> None:
        self.rules = rules or Rules()
        self._rng = rng or random.Random()  # noqa: S311  # spreads looks, guards nothing
        self._durations = Durations(self._rng)
        self._tickets = count()
        self._unheard: dict[int, tuple[Between, Between] | None] = {}

    def watch(self) -> Watch:
        """Begin to watch a job; to be called in the order in which jobs were accepted."""
        ticket = next(self._tickets)
        self._unheard[ticket] = None
        return Watch(self, ticket)

    def recall(self, queue: Between, total: Between) -> None:
        """Learn from a job that finished before this process began."""
        self._durations.learn(queue, total)

    def heard(self, ticket: int, queue: Between, total: Between) -> None:
        """Learn of a finished job once all jobs that began before it are over.

        Of jobs that began together the quick ones finish first; heard at once, they would pass
        for the rule.
        """
        if ticket in self._unheard:
            self._unheard[ticket] = (queue, total)
            self._learn_in_order()
        else:
            self._durations.learn(queue, total)

    def forget(self, ticket: int) -> None:
        """Wait for this job no longer."""
        self._unheard.pop(ticket, None)
        self._learn_in_order()

    def gap(self, queue: Between, age: float) -> timedelta:
        """Return the time to the next look at a job of this age, by what is known of it."""
        gap = max(timedelta(seconds=self._gap(queue, age)), self.rules.least_gap)
        return gap if self.rules.widest_gap is None else min(gap, self.rules.widest_gap)

    def eta(self, queue: Between, age: float) -> Eta | None:
        """Return the range of how much longer such a job takes; None if nothing is known."""
        ends = self._durations.ends(queue, age) if self._knows else []
        if not ends:
            return None
        low, high = (ends[len(ends) * tenths // 10] - age for tenths in (1, 9))
        return Eta(timedelta(seconds=low), timedelta(seconds=high))

    @property
    def _knows(self) -> bool:
        return len(self._durations) >= self.rules.enough

    def _learn_in_order(self) -> None:
        while self._unheard:
            oldest = next(iter(self._unheard))
            times = self._unheard[oldest]
            if times is None and len(self._unheard) <= _MOST_UNHEARD:
                return
            del self._unheard[oldest]
            if times is not None:
                self._durations.learn(*times)

    def _gap(self, queue: Between, age: float) -> float:
        blind = self._blind_gap(age)
        if not self._knows:
            return blind
        ends = self._durations.ends(queue, age)
        if not ends:
            return min(blind, self._overdue_gap(queue, age))
        gap = self._best_look(ends, age) - age
        if queue.high < _NOT_YET:
            return gap
        if self._durations.waiting_at(queue.low) < self.rules.thin:
            return min(gap, blind)
        return min(gap, self._queue_gap(queue, ends, age))

    def _queue_gap(self, queue: Between, ends: Sequence[float], age: float) -> float:
        """Return the gap to a look that is there to see the queue end; infinite if worth nothing.

        Looks ``g`` apart cost ``wait/g`` of them, and leave the end of the queue unsure by ``g``,
        which widens the search for the end of the job. The sum is least where the gap is the cube
        root below, which holds the gap itself.
        """
        first, mean = self._durations.queue_ends(queue.low) or (age, age)
        wait = max(mean - max(first, age), 0.0)
        spread = max(self._durations.render_width, 1.0)
        gap = 0.0
        for _ in range(_ROUNDS):
            reach = hypot(spread, gap)
            gap = cbrt(2 * reach**2 * wait / self._search(reach))
        if not gap or self._search(width(ends)) <= wait / gap + self._search(hypot(spread, gap)):
            return _NOT_YET
        return max(first - age, 0.0) + gap * self._rng.uniform(0.9, 1.0)

    def _search(self, spread: float) -> float:
        """Return what it costs, in looks, to find an end that lies anywhere in this time."""
        return 2 / 3 * (2 * spread / self.rules.look_price.total_seconds()) ** 0.5

    def _blind_gap(self, age: float) -> float:
        """Return a gap that makes no job later than a tenth of its length, or than 2 s."""
        share = self.rules.blind_share * self._rng.uniform(0.9, 1.0)
        return max(self.rules.blind_gap.total_seconds(), share * age)

    def _overdue_gap(self, queue: Between, age: float) -> float:
        """Return a gap for a job that has outlasted all others: close at first, then wider."""
        overdue = age - self._durations.ends(queue, -1.0)[-1]
        return max(self.rules.blind_gap.total_seconds(), overdue / 2)

    def _best_look(self, ends: Sequence[float], age: float) -> float:
        costs = costs_per_find(ends, age, self.rules.look_price.total_seconds())
        least = min(costs)
        latest = earliest = costs.index(least)
        while earliest and costs[earliest - 1] <= least * (1 + self.rules.slack):
            earliest -= 1
        return self._rng.uniform(ends[earliest], ends[latest])


def costs_per_find(ends: Sequence[float], age: float, price: float) -> list[float]:
    """Return, for a look at each of ``ends``, what it costs per job that it finds done.

    ``ends`` are equally likely, sorted and after ``age``. A look is paid for by every job that is
    still under way, and every job found has waited since its end. The list stops where no later
    look can be cheaper any more.
    """
    costs: list[float] = []
    count = len(ends)
    whole, least = price * count, float("inf")
    waited, last = 0.0, age
    for found, end in enumerate(ends):
        waited += found * (end - last)
        last = end
        cost = (whole + waited) / (found + 1)
        costs.append(cost)
        if cost < least:
            least = cost
        elif waited > least * count:
            break
    return costs

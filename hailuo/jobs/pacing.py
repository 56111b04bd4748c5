"""When to look at a job next, how long it may still take, and when to stop believing in it.

A look costs a request, and a finished job that nobody looks at costs its member a wait. With a
price for a look in seconds of waiting, the next look is where price and expected wait, per job
found done, are least. docs/pacing.md tells why, and how near to the optimum that comes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from hailuo.errors import HailuoError
from hailuo.jobs.durations import Between, Durations

if TYPE_CHECKING:
    from collections.abc import Sequence

COLD = 30
"""Jobs that must have been learned from before what was learned is followed."""
THIN = 10
"""Learned jobs that still waited as long as this one, below which they are half believed."""

_NO_END = float("inf")
_NEW = Between(0.0, _NO_END)
_MOST_UNHEARD = 1024


@dataclass(frozen=True, slots=True)
class Schedule:
    """What looks are worth and how far apart they may be."""

    look_price: timedelta = timedelta(seconds=0.15)
    """The wait that one more look is worth."""
    share: float = 0.1
    """Without knowledge, the gap to the next look as a share of the job's age."""
    least_gap: timedelta = timedelta(seconds=0.5)
    cold_gap: timedelta = timedelta(seconds=2)
    """Without knowledge, the least gap."""
    freshness: timedelta | None = timedelta(seconds=45)
    """The widest gap, so that the card stays true; None for no bound."""
    slack: float = 0.02
    """How much dearer than the best a look may be; within it, chance keeps jobs apart."""
    longest_queue: timedelta = timedelta(hours=2)
    longest_render: timedelta = timedelta(minutes=45)


class StalledError(HailuoError):
    """A job has stood still for so long that nothing more is expected of it."""

    sentence = (
        "RunComfy has not moved on with this job for {minutes} minutes, so the bot has stopped "
        "waiting. It was not counted; please try again."
    )


@dataclass(frozen=True, slots=True)
class Eta:
    """How much longer a job takes: nine of ten jobs longer than ``low``, nine of ten less than
    ``high``.
    """  # noqa: D205  # one sentence that does not fit on a line

    low: timedelta
    high: timedelta


@dataclass(slots=True)
class Watch:
    """One job under way, and what looks at it have told; times are since its acceptance."""

    _pacing: Pacing = field(repr=False)
    _ticket: int
    _queue: Between = _NEW
    _last_look: float = 0.0

    @property
    def rendering(self) -> bool:
        """Whether the job was seen to have left the queue."""
        return self._queue.high < _NO_END

    def saw_queue(self, age: timedelta) -> None:
        """Note that the job was in the queue at this age."""
        self._last_look = age.total_seconds()
        if not self.rendering:
            self._queue = Between(self._last_look, _NO_END)

    def saw_render(self, age: timedelta) -> None:
        """Note that the job was being rendered at this age."""
        self._last_look = age.total_seconds()
        if not self.rendering:
            self._queue = replace(self._queue, high=self._last_look)

    def next_look(self, age: timedelta, retry_after: timedelta | None = None) -> timedelta:
        """Return how long to wait, at this age, until the next look."""
        gap = self._pacing.gap(self._queue, age.total_seconds())
        return max(gap, retry_after or timedelta(0))

    def eta(self, age: timedelta) -> Eta | None:
        """Return how much longer the job takes; None if nothing is known of a job this old."""
        return self._pacing.eta(self._queue, age.total_seconds())

    def check_stalled(self, age: timedelta) -> None:
        """Raise StalledError if the job has stood still for longer than any job should."""
        self._pacing.check_stalled(self._queue, age)

    def done(self, age: timedelta, took: timedelta | None = None) -> None:
        """Learn from a job that was seen done at this age.

        ``took`` is how long the API says that it took, by its own clock; it is believed where it
        agrees with what the looks saw.
        """
        self._pacing.heard(self._ticket, self._queue, self._total(age, took))

    def dropped(self) -> None:
        """Forget a job that failed, was cancelled or is no longer watched."""
        self._pacing.forget(self._ticket)

    def _total(self, age: timedelta, took: timedelta | None) -> Between:
        seen = Between(self._last_look, age.total_seconds())
        if took is None:
            return seen
        # The API's clock starts when it takes the job, ours when its answer arrives.
        exact, margin = took.total_seconds(), 2.0
        if not seen.low - margin <= exact <= seen.high + margin:
            return seen
        return Between(exact, exact)


class Pacing:
    """The schedule of one model's jobs, learned from those that finished."""

    def __init__(self, schedule: Schedule | None = None, rng: random.Random | None = None) -> None:
        self._schedule = schedule or Schedule()
        self._rng = rng or random.Random()  # noqa: S311  # spreads looks, guards nothing
        self._durations = Durations(self._rng)
        self._tickets = count()
        self._unheard: dict[int, tuple[Between, Between] | None] = {}

    def watch(self) -> Watch:
        """Begin to watch a job, best in the order in which jobs were accepted."""
        ticket = next(self._tickets)
        self._unheard[ticket] = None
        return Watch(self, ticket)

    def heard(self, ticket: int, queue: Between, total: Between) -> None:
        """Learn of a finished job once all jobs that began before it are over.

        Of jobs that began together the quick ones finish first; heard at once, they would pass
        for the rule.
        """
        if ticket in self._unheard:
            self._unheard[ticket] = (queue, total)
            self._learn_in_order()

    def forget(self, ticket: int) -> None:
        """Wait for this job no longer."""
        self._unheard.pop(ticket, None)
        self._learn_in_order()

    def gap(self, queue: Between, age: float) -> timedelta:
        """Return the time to the next look at a job of this age, by what is known of it."""
        seconds = max(self._gap(queue, age), self._schedule.least_gap.total_seconds())
        gap = timedelta(seconds=seconds)
        return gap if self._schedule.freshness is None else min(gap, self._schedule.freshness)

    def eta(self, queue: Between, age: float) -> Eta | None:
        """Return the range of how much longer such a job takes; None if nothing is known."""
        ends = self._durations.ends(queue, age) if len(self._durations) >= COLD else []
        if not ends:
            return None
        low, high = (ends[len(ends) * tenths // 10] - age for tenths in (1, 9))
        return Eta(timedelta(seconds=low), timedelta(seconds=high))

    def check_stalled(self, queue: Between, age: timedelta) -> None:
        """Raise StalledError for a job that stands still."""
        still, limit = age, self._schedule.longest_queue
        if queue.high < _NO_END:
            still = age - timedelta(seconds=queue.high)
            limit = self._schedule.longest_render
        if still > limit:
            minutes = int(still.total_seconds() // 60)
            raise StalledError(f"no move for {still}", minutes=minutes)

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
        if len(self._durations) < COLD:
            return blind
        ends = self._durations.ends(queue, age)
        if not ends:
            return min(blind, self._overdue_gap(queue, age))
        gap = self._best_look(ends, age) - age
        if queue.high == _NO_END and self._durations.waiting(queue.low) < THIN:
            return min(gap, blind)
        return gap

    def _blind_gap(self, age: float) -> float:
        """Return a gap that makes no job later than a tenth of its length, or 2 s."""
        share = self._schedule.share * self._rng.uniform(0.9, 1.0)
        return max(self._schedule.cold_gap.total_seconds(), share * age)

    def _overdue_gap(self, queue: Between, age: float) -> float:
        """Return a gap for a job that has outlasted all others: close at first, then wider."""
        ends = self._durations.ends(queue, 0.0)
        overdue = age - ends[-1] if ends else age
        return max(self._schedule.cold_gap.total_seconds(), overdue / 2)

    def _best_look(self, ends: Sequence[float], now: float) -> float:
        price = self._schedule.look_price.total_seconds()
        costs = costs_per_find(ends, now, price)
        least = min(costs)
        best = costs.index(least)
        near = best
        while near and costs[near - 1] <= least * (1 + self._schedule.slack):
            near -= 1
        return self._rng.uniform(ends[near], ends[best])


def costs_per_find(ends: Sequence[float], now: float, price: float) -> list[float]:
    """Return, for a look at each of ``ends``, what it costs per job that it finds done.

    ``ends`` are equally likely and sorted. A look is paid for by every job still under way, and
    every job found has waited since its end.
    """
    costs: list[float] = []
    waited, last = 0.0, now
    for found, end in enumerate(ends):
        waited += found * (end - last)
        last = end
        costs.append((price * len(ends) + waited) / (found + 1))
    return costs

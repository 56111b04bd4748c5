"""The lower bound on looks: by expectation, and for the very jobs of a race."""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_left
from dataclasses import dataclass
from itertools import count
from statistics import fmean
from typing import TYPE_CHECKING, Final, Self

from benchmarks.race.course import RIVALS_PYTHON, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRICES: Final = (0.7, 0.4, 0.3, 0.2, 0.17, 0.15, 0.135, 0.125, 0.11, 0.1, 0.08, 0.06, 0.04)
PAST_THE_PLAN: Final = 5.0
"""Seconds between looks at a job that outlasts the plan, as one in ten thousand does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The best schedule at one price of a look; see `benchmarks.race.least`."""

    price: float
    cost: float
    looks: float
    late: float
    ages: list[float]
    after: list[list[float]]

    def follow(self, queue: float, render: float) -> tuple[int, float]:
        """Look at a job as planned; return the looks and the lateness."""
        end = queue + render
        for looks, age in enumerate(self._looks(queue), start=1):
            if age >= end:
                return looks, age - end
        raise AssertionError("looks do not end")

    def _looks(self, queue: float) -> Iterator[float]:
        planned = list(self.ages)
        if self.after:
            stage = bisect_left(self.ages, queue)
            planned = [*self.ages[: stage + 1], *(self.after[stage : stage + 1] or [[]])[0]]
        yield from planned
        yield from count(planned[-1] + PAST_THE_PLAN, PAST_THE_PLAN)


@dataclass(frozen=True, slots=True)
class Bound:
    """The plans of one distribution of lengths, each the best one at its price."""

    plans: list[Plan]

    @classmethod
    def of(cls, kind: str) -> Self:
        """Compute the plans, where numpy is."""
        done = subprocess.run(  # noqa: S603  # our own module, no shell
            [str(RIVALS_PYTHON), "-m", "benchmarks.race.least", kind, *map(str, PRICES)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        plans = zip(PRICES, json.loads(done.stdout), strict=True)
        return cls([Plan(price, **plan) for price, plan in plans])

    def expected(self, late: float) -> float:
        """Return the least number of looks for a mean lateness, over all jobs there could be.

        At its price no schedule costs less than the plan does, whatever its lateness: each plan
        bounds the looks by a straight line, and all of them together by the highest.
        """
        return max(plan.looks + (plan.late - late) / plan.price for plan in self.plans)

    def for_jobs(self, jobs: Sequence[tuple[float, float]], late: float) -> float:
        """Return what the best plans need for these very jobs, so that their luck cancels out.

        It is the line of the plan that is nearest in lateness: the highest of all lines would be
        the luckiest.
        """
        plan = min(self.plans, key=lambda plan: abs(plan.late - late))
        followed = [plan.follow(*job) for job in jobs]
        looks, waited = fmean(n for n, _ in followed), fmean(wait for _, wait in followed)
        return looks + (waited - late) / plan.price

"""The lower bound on looks: by expectation, and for the very jobs of a race."""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_left
from dataclasses import dataclass
from itertools import count, pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final, Self

from benchmarks.race.course import RIVALS_PYTHON, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PRICES: Final = (0.7, 0.4, 0.3, 0.2, 0.15, 0.125, 0.1, 0.08, 0.06, 0.04)
PAST_THE_PLAN: Final = 5.0
"""Seconds between looks at a job that outlasts the plan, as one in ten thousand does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The best schedule at one price of a look; see `benchmarks.race.least`."""

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
        return cls([Plan(**plan) for plan in json.loads(done.stdout)])

    def expected(self, late: float) -> float:
        """Return the least number of looks for a mean lateness, over all jobs there could be."""
        return _at([(plan.late, plan.looks) for plan in self.plans], late)

    def for_jobs(self, jobs: Sequence[tuple[float, float]], late: float) -> float:
        """Return what the best plans need for these very jobs, so that their luck cancels out."""
        points = []
        for plan in self.plans:
            followed = [plan.follow(*job) for job in jobs]
            points.append((fmean(wait for _, wait in followed), fmean(n for n, _ in followed)))
        return _at(points, late)


def _at(points: Iterable[tuple[float, float]], late: float) -> float:
    for (left, above), (right, below) in pairwise(sorted(points)):
        if left <= late <= right:
            return above + (below - above) * (late - left) / (right - left)
    return float("nan")

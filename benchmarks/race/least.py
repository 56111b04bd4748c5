"""The least number of looks at a given mean lateness: no schedule can do better.

A schedule that knows the true distributions, and sees the job's state at each look, is planned by
a dynamic programme in two stages. The price of a look is a Lagrange multiplier: for each price the
plan of least cost gives one point (lateness, looks) of the lower bound. docs/pacing.md derives it.

``python -m benchmarks.race.least KIND PRICE…`` prints the points and the plans; it needs numpy.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

np: Any = importlib.import_module("numpy")  # has no stubs here and is no dependency

NEGLIGIBLE = 1e-7
WIDEST_GAP_CELLS = 160
LOOK_BACK = 40
"""Queue looks tried beyond the best one found so far; the cost is convex but for the grid."""


@dataclass(slots=True)
class Plan:
    """What a plan costs from one state on, per unit of probability of that state's mass."""

    cost: float
    looks: float
    late: float
    ages: list[float] = field(default_factory=list)
    """In stage one and two: when it looks, until something else is seen."""
    after: list[list[float]] = field(default_factory=list)
    """In stage one: for each of these looks, when to look on if it finds the job rendering."""


@dataclass(slots=True)
class Search:
    """Stage two: a mass of jobs whose ends are spread over cells, none of which is seen yet."""

    cell: float
    price: float

    def best(self, mass: Any) -> Plan:
        """Return the best plan to find ends with this mass in each cell; ages are from now."""
        total = mass.sum()
        if total < NEGLIGIBLE:
            return Plan(0.0, 0.0, 0.0)
        # A far tail of no weight would only cost time.
        mass = mass[: len(mass) - int(np.searchsorted(np.cumsum(mass[::-1]), total * 1e-5))]
        count = len(mass)
        time = np.arange(count + 1) * self.cell
        done = np.concatenate([[0.0], np.cumsum(mass)])
        ended_at = np.concatenate([[0.0], np.cumsum(mass * (time[:-1] + self.cell / 2))])
        left = done[-1] - done
        cost, looks, late = (np.zeros(count + 1) for _ in range(3))
        following = np.zeros(count + 1, int)
        for now in range(count - 1, -1, -1):
            # The first look may be far off; later ones never are.
            reach = count + 1 if now == 0 else min(count + 1, now + 1 + WIDEST_GAP_CELLS)
            look = slice(now + 1, reach)
            waited = time[look] * (done[look] - done[now]) - (ended_at[look] - ended_at[now])
            costs = waited / self.price + cost[look]
            at = int(costs.argmin())
            cost[now] = left[now] + costs[at]
            looks[now] = left[now] + looks[now + 1 + at]
            late[now] = waited[at] + late[now + 1 + at]
            following[now] = now + 1 + at
        ages, at = [], 0
        while at < count:
            at = int(following[at])
            ages.append(at * self.cell)
        return Plan(float(cost[0]), float(looks[0]), float(late[0]), ages)


@dataclass(slots=True)
class TwoStages:
    """Stage one: looks while the job may still be in the queue."""

    queue: Any
    render: Any
    grid: list[int]
    cell: float
    price: float
    _search: Search = field(init=False)

    def __post_init__(self) -> None:
        self._search = Search(self.cell, self.price)

    def best(self) -> Plan:
        """Return the best plan for a job that has just been accepted."""
        queued = np.concatenate([[0.0], np.cumsum(self.queue)])
        plans = [Plan(0.0, 0.0, 0.0) for _ in self.grid]
        for now in range(len(self.grid) - 2, -1, -1):
            waiting = float(queued[-1] - queued[self.grid[now]])
            if waiting > NEGLIGIBLE:
                plans[now] = self._from(now, waiting, plans)
        return plans[0]

    def _from(self, now: int, waiting: float, plans: list[Plan]) -> Plan:
        """Return the best plan for the jobs seen waiting at a point of the grid."""
        ends = np.zeros(len(self.queue) + len(self.render) + 1)
        best, best_at = Plan(math.inf, 0.0, 0.0), now
        for then in range(now + 1, len(self.grid)):
            for cell in range(self.grid[then - 1], self.grid[then]):
                # Two cells' middles add up to the edge between two cells: half to either.
                span = self.queue[cell] * self.render / 2
                ends[cell : cell + len(self.render)] += span
                ends[cell + 1 : cell + 1 + len(self.render)] += span
            plan = self._look_at(then, ends, waiting, plans[then])
            if plan.cost < best.cost:
                best, best_at = plan, then
            elif then > best_at + LOOK_BACK:
                break
        return best

    def _look_at(self, then: int, ends: Any, waiting: float, following: Plan) -> Plan:
        """Return the cost of the next look there: some are done, some render, some wait on."""
        edge = self.grid[then]
        age = edge * self.cell
        middles = (np.arange(edge) + 0.5) * self.cell
        late = float((age - middles) @ ends[:edge])
        found = self._search.best(ends[edge:])
        return Plan(
            waiting + late / self.price + found.cost + following.cost,
            waiting + found.looks + following.looks,
            late + found.late + following.late,
            [age, *following.ages],
            [[age + later for later in found.ages], *following.after],
        )


def log_normal(median: float, sigma: float, cells: int, cell: float) -> Any:
    """Return the probability of each cell."""
    edges = np.arange(1, cells + 1) * cell
    below = [0.5 * (1 + math.erf(math.log(edge / median) / (sigma * 2**0.5))) for edge in edges]
    mass = np.diff(np.concatenate([[0.0], below]))
    return mass / mass.sum()


def least(kind: str, price: float) -> Plan:
    """Return the best plan at this price."""
    if kind == "even":
        cell = 0.05
        edges = np.arange(int(70 / cell) + 1) * cell
        return Search(cell, price).best(np.diff(np.clip((edges - 50) / 20, 0, 1)))
    cell = 1.0
    queue, render = log_normal(30, 1.0, 900, cell), log_normal(90, 0.25, 320, cell)
    grid = [*range(0, 120, 3), *range(120, 300, 6), *range(300, 901, 20)]
    return TwoStages(queue, render, grid, cell, price).best()


if __name__ == "__main__":
    print(json.dumps([asdict(least(sys.argv[1], float(price))) for price in sys.argv[2:]]))

"""How long things take: distributions to draw seconds from, as JSON states them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Uniform:
    """Any length between two bounds, all equally likely."""

    shortest: float
    longest: float

    def draw(self, rng: random.Random) -> float:
        """Return one length in seconds."""
        return rng.uniform(self.shortest, self.longest)

    def as_json(self) -> list[float]:
        """Return the pair of bounds."""
        return [self.shortest, self.longest]


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A typical length with a long tail, as real queues have."""

    median: float
    sigma: float

    def draw(self, rng: random.Random) -> float:
        """Return one length in seconds."""
        return rng.lognormvariate(math.log(self.median), self.sigma)

    def as_json(self) -> dict[str, float]:
        """Return median and sigma by name."""
        return asdict(self)


Duration = Uniform | LogNormal


def parse_duration(value: object) -> Duration:
    """Read 5, [2, 5] or {"median": 30, "sigma": 1.0}; ValueError says what is wrong."""
    if isinstance(value, dict):
        if value.keys() != {"median", "sigma"}:
            raise ValueError('a log-normal has the keys "median" and "sigma"')
        median, sigma = seconds(value["median"]), seconds(value["sigma"])
        if median == 0:
            raise ValueError("median must be more than 0")
        return LogNormal(median, sigma)
    bounds: Any = value if isinstance(value, list | tuple) else (value, value)
    match [seconds(bound) for bound in bounds]:
        case [shortest, longest] if shortest <= longest:
            return Uniform(shortest, longest)
        case _:
            raise ValueError("must be seconds, or a pair of them with the smaller first")


def seconds(value: object) -> float:
    """Read a finite number of seconds, 0 or more."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    raise ValueError("must be a number, 0 or more")

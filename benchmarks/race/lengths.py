"""How long the race's jobs take: two distributions, seeded, the same for every client."""

from __future__ import annotations

import math
import random

KINDS = ("even", "skewed")


def draw(kind: str, rng: random.Random) -> tuple[float, float]:
    """Return a job's seconds in the queue and in the render.

    ``even``: no queue, 50 to 70 s. ``skewed``: log-normal, a queue of median 30 s and sigma 1.0,
    a render of median 90 s and sigma 0.25.
    """
    if kind == "even":
        return 0.0, rng.uniform(50, 70)
    return rng.lognormvariate(math.log(30), 1.0), rng.lognormvariate(math.log(90), 0.25)


def of_prompt(kind: str, seed: int, prompt: str) -> tuple[float, float]:
    """Return the length of the job with this prompt: the same for every client."""
    return draw(kind, random.Random(f"{seed} {prompt}"))

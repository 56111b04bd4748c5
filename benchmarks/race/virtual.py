"""Our pacing alone, without sockets or time: many jobs, so that chance hardly shows."""

from __future__ import annotations

import random
from datetime import timedelta
from statistics import fmean

from benchmarks.race.lengths import draw
from hailuo.jobs.pacing import Pacing, Rules, Watch


def looks_and_lateness(
    kind: str, rules: Rules, *, history: int, jobs: int, seed: int
) -> tuple[float, float]:
    """Return the mean number of looks and the mean lateness (s) after so many jobs of history."""
    rng = random.Random(seed)
    pacing = Pacing(rules, random.Random(seed))
    for _ in range(history):
        _watch(pacing.watch(), *draw(kind, rng))
    watched = [_watch(pacing.watch(), *draw(kind, rng)) for _ in range(jobs)]
    return fmean(looks for looks, _ in watched), fmean(late for _, late in watched)


def _watch(watch: Watch, queue: float, render: float) -> tuple[int, float]:
    age, looks = 0.0, 0
    while True:
        age += watch.next_look(timedelta(seconds=age)).total_seconds()
        looks += 1
        if age >= queue + render:
            watch.done(timedelta(seconds=age))
            return looks, age - queue - render
        (watch.saw_render if age >= queue else watch.saw_queue)(timedelta(seconds=age))

"""Race our client and its pacing against four others: requests, CPU, memory, lateness.

Same server, same jobs, one client at a time in a process of its own. The jobs' clock runs faster
than real time, and every client's waits are divided alike. ``BENCH_JOBS=50,200,1000`` chooses how
many jobs run at once (50 and 200 unless told), ``BENCH_LENGTHS=even,skewed`` of which lengths.
"""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from datetime import timedelta
from statistics import fmean
from typing import Final

from benchmarks.race.bound import Bound
from benchmarks.race.course import CLIENTS, NEED_RIVALS, RIVALS_PYTHON, Figures, measure
from benchmarks.race.lengths import KINDS, of_prompt
from benchmarks.race.runner import Course
from benchmarks.race.virtual import looks_and_lateness
from hailuo.jobs.pacing import Rules

SEED: Final = 1
HISTORY: Final = 100
FASTEST: Final = 5.0
CALLS_PER_SECOND: Final = 1000.0
"""What the fixed loop may ask of two cores; a faster clock would measure their backlog."""
COLUMNS: Final = {
    "requests_per_job": "req/job",
    "looks_per_job": "looks",
    "cpu_ms_per_job": "CPU ms/job",
    "rss_mib": "RSS MiB",
    "late_p50": "late p50",
    "late_max": "late max",
    "failed": "failed",
    "paid_twice": "twice",
}


def main() -> dict[str, object]:
    """Run every race, print the tables, and return the figures."""
    if not RIVALS_PYTHON.exists():
        raise SystemExit(NEED_RIVALS)
    counts = [int(count) for count in os.environ.get("BENCH_JOBS", "50,200").split(",")]
    kinds = os.environ.get("BENCH_LENGTHS", ",".join(KINDS)).split(",")
    bounds = {kind: Bound.of(kind) for kind in kinds}
    races = {
        f"{kind} {count}": race(kind, count, bounds[kind]) for kind in kinds for count in counts
    }
    pacing = {kind: pacing_alone(kind, bounds[kind]) for kind in kinds}
    least = {kind: [(plan.late, plan.looks) for plan in bounds[kind].plans] for kind in kinds}
    return {"races": races, "pacing": pacing, "least": least}


def race(kind: str, count: int, bound: Bound) -> dict[str, object]:
    """Run all clients on one course; ours also without any history."""
    speed = min(FASTEST, CALLS_PER_SECOND * 2 / count)
    course = Course("ours", "", count, speed, HISTORY)
    print(f"\n{kind} lengths, {count} jobs at once, clock x{speed:g}")
    print(f"{'':18}" + "".join(f"{title:>12}" for title in COLUMNS.values()))
    figures = {"ours": measured("ours", course, kind)}
    for client in CLIENTS[1:]:
        figures[client] = measured(client, replace(course, client=client, history=0), kind)
    figures["ours, cold"] = measured("ours, cold", replace(course, history=0), kind)
    ours, cold = figures["ours"], figures["ours, cold"]
    jobs = [of_prompt(kind, SEED, f"job {number}") for number in range(count)]
    least = bound.for_jobs(jobs, ours.late_mean)
    print(
        f"  ours: {ours.looks_per_job:.2f} looks, mean lateness {ours.late_mean:.2f} s; the best "
        f"plans take {least:.2f} for that with these jobs, so x{ours.looks_per_job / least:.2f}"
    )
    print(
        f"  cold: worst lateness {cold.late_share_max:.2f} of a tenth of the length or 2 s; "
        f"requests x{cold.requests_per_job / figures['fixed'].requests_per_job:.2f} of the loop's"
    )
    every = {name: asdict(measures) for name, measures in figures.items()}
    return {"clients": every, "times_least": ours.looks_per_job / least, "speed": speed}


def measured(name: str, course: Course, kind: str) -> Figures:
    """Run one client, print its line, and return its figures."""
    figures = measure(course, kind, SEED)
    values = [getattr(figures, field) for field in COLUMNS]
    cells = [f"{value:12.2f}" if isinstance(value, float) else f"{value:12}" for value in values]
    print(f"{name:18}" + "".join(cells), flush=True)
    return figures


def pacing_alone(kind: str, bound: Bound) -> dict[str, float]:
    """Measure the schedule by itself over many jobs, and what a fresh card costs."""

    def mean(rules: Rules) -> tuple[float, float]:
        runs = [
            looks_and_lateness(kind, rules, history=HISTORY, jobs=1000, seed=seed)
            for seed in range(5)
        ]
        return fmean(looks for looks, _ in runs), fmean(late for _, late in runs)

    looks, late = mean(Rules(widest_gap=None))
    fresh_looks, fresh_late = mean(Rules(widest_gap=timedelta(seconds=45)))
    times = looks / bound.expected(late)
    print(
        f"\n{kind}: the pacing alone, {HISTORY} jobs of history, 5 x 1000 jobs: {looks:.2f} looks, "
        f"mean lateness {late:.2f} s, x{times:.3f} of the least\n"
        f"  with a look at least every 45 s for the card's sake: {fresh_looks:.2f} looks, "
        f"mean lateness {fresh_late:.2f} s"
    )
    return {
        "looks": looks,
        "late_mean": late,
        "times_least": times,
        "fresh_looks": fresh_looks,
        "fresh_late_mean": fresh_late,
    }

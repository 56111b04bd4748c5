"""Race our client and its pacing against four others: requests, CPU, memory, lateness.

Same server, same jobs, one client at a time in a process of its own. The jobs' clock runs faster
than real time, and every client's waits are divided alike. ``BENCH_JOBS=50,200,1000`` chooses how
many jobs run at once (50 and 200 unless told), ``BENCH_LENGTHS=even,skewed`` of which lengths,
``BENCH_SPEED=1`` how fast the clock runs at most; on a fast clock a client that asks much waits
for the processor, and so asks less than it would.
"""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from datetime import timedelta
from math import ceil
from statistics import fmean, median
from typing import Final

from benchmarks.race.bound import Bound
from benchmarks.race.course import CLIENTS, NEED_RIVALS, RIVALS_PYTHON, Figures, measure
from benchmarks.race.fixed import BETWEEN_LOOKS
from benchmarks.race.lengths import KINDS, of_prompt
from benchmarks.race.runner import STARTED_WITHIN_S, Course
from benchmarks.race.virtual import Watched, watch_all
from hailuo.jobs.pacing import Rules

SEED: Final = 1
HISTORY: Final = 100
VIRTUAL_JOBS: Final = 2000
FASTEST: Final = "5"
PATIENCE: Final = 3.0
"""Lengths of the longest job, after which a client's unended jobs count as failed."""
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
    pacing = {kind: pacing_alone(kind, counts, bounds[kind]) for kind in kinds}
    least = {kind: [(plan.late, plan.looks) for plan in bounds[kind].plans] for kind in kinds}
    return {"races": races, "pacing": pacing, "least": least}


def race(kind: str, count: int, bound: Bound) -> dict[str, object]:
    """Run all clients on one course; ours also without any history."""
    fastest = float(os.environ.get("BENCH_SPEED", FASTEST))
    speed = min(fastest, CALLS_PER_SECOND * 2 / count)
    jobs = [of_prompt(kind, SEED, f"job {number}") for number in range(count)]
    patience = STARTED_WITHIN_S + PATIENCE * max(queue + render for queue, render in jobs)
    course = Course("ours", "", count, speed, HISTORY, patience)
    print(f"\n{kind} lengths, {count} jobs at once, clock x{speed:g}")
    print(f"{'':18}" + "".join(f"{title:>12}" for title in COLUMNS.values()))
    figures = {"ours": measured("ours", course, kind)}
    for client in CLIENTS[1:]:
        figures[client] = measured(client, replace(course, client=client, history=0), kind)
    figures["ours, cold"] = measured("ours, cold", replace(course, history=0), kind)
    ours, cold = figures["ours"], figures["ours, cold"]
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


def pacing_alone(kind: str, counts: list[int], bound: Bound) -> dict[int, dict[str, float]]:
    """Measure the schedule by itself in virtual time, over enough jobs to even out chance."""
    print(f"\n{kind} lengths: the pacing alone, in virtual time, {VIRTUAL_JOBS} jobs a line")
    titles = (
        *("at once", "looks", "late mean", "p50", "max", "least", "times"),
        *("fresh", "cold", "cold/loop", "cold worst"),
    )
    print("".join(f"{title:>12}" for title in titles))
    return {count: alone(kind, count, bound) for count in counts}


def alone(kind: str, count: int, bound: Bound) -> dict[str, float]:
    """Measure the schedule with history, without, and with a look at least every 45 s."""

    def watched(history: int, rules: Rules = Rules(widest_gap=None)) -> list[Watched]:  # noqa: B008  # frozen
        return [
            job
            for seed in range(VIRTUAL_JOBS // count)
            for job in watch_all(kind, rules, history=history, jobs=count, seed=seed)
        ]

    warm, cold = watched(HISTORY), watched(0)
    fresh = watched(HISTORY, Rules(widest_gap=timedelta(seconds=45)))
    late, looks = fmean(job.late for job in warm), fmean(job.looks for job in warm)
    loop = fmean(1 + ceil((job.queue + job.render) / BETWEEN_LOOKS) for job in cold)
    cold_looks = fmean(job.looks for job in cold)
    figures = {
        "looks": looks,
        "late_mean": late,
        "late_p50": median(job.late for job in warm),
        "late_max": max(job.late for job in warm),
        "least": bound.expected(late),
        "times_least": looks / bound.expected(late),
        "fresh_looks": fmean(job.looks for job in fresh),
        "cold_looks": cold_looks,
        "cold_over_loop": cold_looks / loop,
        "cold_late_share_max": max(job.late_share for job in cold),
    }
    print(f"{count:12}" + "".join(f"{value:12.2f}" for value in figures.values()), flush=True)
    return figures

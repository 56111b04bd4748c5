from __future__ import annotations

import math
import random
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo.jobs.durations import WINDOW, Between, Durations
from hailuo.jobs.pacing import Pacing, Rules, Watch, costs_per_find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Draw: TypeAlias = "Callable[[random.Random], tuple[float, float]]"

UNBOUNDED = Rules(widest_gap=None)


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def watch_job(watch: Watch, queue: float, render: float) -> tuple[int, float]:
    """Look at a job as its watch says until it is done; return the looks and the lateness."""
    age, looks = 0.0, 0
    while True:
        age += watch.next_look(seconds(age)).total_seconds()
        looks += 1
        if age >= queue + render:
            watch.done(seconds(age))
            return looks, age - queue - render
        (watch.saw_render if age >= queue else watch.saw_queue)(seconds(age))


def even(rng: random.Random) -> tuple[float, float]:
    """Draw a job of 50 to 70 s without a queue."""
    return 0.0, rng.uniform(50, 70)


def skewed(rng: random.Random) -> tuple[float, float]:
    """Draw a job with a long-tailed queue before its render."""
    return rng.lognormvariate(math.log(30), 1.0), rng.lognormvariate(math.log(90), 0.25)


def trained(
    draw: Draw,
    *,
    seed: int = 0,
    jobs: int = 100,
    rules: Rules = UNBOUNDED,
) -> tuple[Pacing, random.Random]:
    """Return a pacing that has watched so many jobs, and the chance they came from."""
    rng = random.Random(seed)  # seeded
    pacing = Pacing(rules, random.Random(seed))  # seeded
    for _ in range(jobs):
        watch_job(pacing.watch(), *draw(rng))
    return pacing, rng


@settings(deadline=None)
@given(st.floats(0, 2000), st.floats(1, 2000), st.integers(0, 99))
def test_without_history_no_job_is_late_by_more_than_a_tenth_or_two_seconds(
    queue: float, render: float, seed: int
) -> None:
    """And it takes no more looks than a loop that looks every 2 s."""
    rng = random.Random(seed)  # seeded
    length = queue + render
    looks, late = watch_job(Pacing(UNBOUNDED, rng).watch(), queue, render)
    assert late <= max(2.0, length / 10) + 1e-6
    assert looks <= math.ceil(length / 2 + 1e-6)


# The least number of looks at a given mean lateness (s), by the dynamic programme of
# `python -m benchmarks polling`; docs/pacing.md derives it.
LEAST: dict[Draw, list[tuple[float, float]]] = {
    even: [(0.6, 7.80), (0.75, 6.43), (0.85, 5.70), (0.93, 5.26), (1.04, 4.76), (1.21, 4.19)],
    skewed: [(1.38, 18.08), (1.65, 15.36), (1.91, 13.56), (2.12, 12.43), (2.37, 11.32)],
}


def least_looks(curve: list[tuple[float, float]], late: float) -> float:
    """Return the least number at a lateness, between the two nearest points of the curve."""
    for (left, above), (right, below) in pairwise(curve):
        if left <= late <= right:
            return above + (below - above) * (late - left) / (right - left)
    raise AssertionError(f"a mean lateness of {late:.2f} s is off the curve")


@pytest.mark.parametrize("draw", [even, skewed])
@pytest.mark.parametrize("seed", range(3))
def test_after_a_hundred_jobs_it_is_near_the_least_number_of_looks(draw: Draw, seed: int) -> None:
    pacing, rng = trained(draw, seed=seed)
    watched = [watch_job(pacing.watch(), *draw(rng)) for _ in range(400)]
    looks, late = fmean(look for look, _ in watched), fmean(wait for _, wait in watched)
    assert looks <= 1.2 * least_looks(LEAST[draw], late)


@pytest.mark.parametrize("seed", range(5))
def test_even_jobs_are_found_soon_and_with_few_looks(seed: int) -> None:
    pacing, rng = trained(even, seed=seed)
    watched = [watch_job(pacing.watch(), *even(rng)) for _ in range(200)]
    assert fmean(looks for looks, _ in watched) <= 8  # 10 requests, submit and result included
    assert median(late for _, late in watched) <= 1.2


def test_it_looks_rarely_before_the_fastest_and_closely_where_most_finish() -> None:
    pacing, _ = trained(even)
    watch, ages = pacing.watch(), [0.0]
    while ages[-1] < 66:
        ages.append(ages[-1] + watch.next_look(seconds(ages[-1])).total_seconds())
        watch.saw_render(seconds(ages[-1]))
    assert ages[1] > 45
    assert all(after - before < 4 for before, after in pairwise(ages[1:]))


def test_a_job_that_outlasts_all_others_is_looked_at_ever_more_rarely() -> None:
    pacing, _ = trained(even)
    watch, age, gaps = pacing.watch(), 80.0, []
    watch.saw_render(seconds(age))
    while age < 4000:
        gaps.append(watch.next_look(seconds(age)).total_seconds())
        age += gaps[-1]
        watch.saw_render(seconds(age))
    assert gaps[0] < 10
    assert gaps[-1] > 100
    assert len(gaps) < 60


def test_a_long_queue_is_not_searched_before_it_ends() -> None:
    """Queues of 300 to 360 s: hardly a look before, several while they end."""
    pacing, rng = trained(lambda rng: (rng.uniform(300, 360), rng.gauss(60, 3)))
    watch, age, looks = pacing.watch(), 0.0, 0
    while age < 290:
        age += watch.next_look(seconds(age)).total_seconds()
        looks += 1
        watch.saw_queue(seconds(age))
    assert looks <= 2
    late = [watch_job(pacing.watch(), rng.uniform(300, 360), 60)[1] for _ in range(50)]
    assert fmean(late) < 3


def test_it_learns_that_times_have_changed() -> None:
    pacing, rng = trained(even)
    for _ in range(WINDOW):
        watch_job(pacing.watch(), 0.0, rng.uniform(150, 170))
    looks = [watch_job(pacing.watch(), 0.0, rng.uniform(150, 170))[0] for _ in range(50)]
    assert fmean(looks) < 9


def test_it_keeps_its_form_over_many_jobs() -> None:
    """What it learns from are its own sparse looks; that must not blur what it knows."""
    pacing, rng = trained(even, jobs=1500)
    watched = [watch_job(pacing.watch(), *even(rng)) for _ in range(400)]
    looks, late = fmean(look for look, _ in watched), fmean(wait for _, wait in watched)
    assert looks <= 1.2 * least_looks(LEAST[even], late)


def test_the_quick_ones_of_a_burst_do_not_pass_for_the_rule() -> None:
    """Of 500 jobs that begin together, nothing is learned before the first of them is over."""
    rng = random.Random(3)  # seeded
    pacing = Pacing(UNBOUNDED, rng)
    burst = [(rng.uniform(50, 70), pacing.watch()) for _ in range(500)]
    for done, (length, watch) in enumerate(sorted(burst, key=lambda job: job[0])):
        if done == 200:
            assert pacing.watch().eta(seconds(0)) is None
        watch.saw_render(seconds(1))
        watch.saw_render(seconds(length - 1))
        watch.done(seconds(length))
    eta = pacing.watch().eta(seconds(0))
    assert eta is not None
    assert seconds(50) < eta.low < seconds(54)
    assert seconds(66) < eta.high < seconds(70)


def test_a_job_that_ends_otherwise_holds_up_no_learning() -> None:
    pacing = Pacing(UNBOUNDED, random.Random(3))  # seeded
    lost, *others = [pacing.watch() for _ in range(101)]
    for watch in others:
        watch.saw_queue(seconds(58))
        watch.done(seconds(60))
    assert pacing.watch().next_look(seconds(0)) == seconds(2)
    lost.dropped()
    assert pacing.watch().next_look(seconds(0)) > seconds(40)
    lost.done(seconds(1))  # a late word of it is no news
    assert pacing.watch().next_look(seconds(0)) > seconds(40)


def test_a_job_that_never_ends_does_not_pile_up_what_was_learned() -> None:
    pacing = Pacing(UNBOUNDED, random.Random(3))  # seeded
    pacing.watch()
    for _ in range(1500):
        watch = pacing.watch()
        watch.saw_queue(seconds(58))
        watch.done(seconds(60))
    assert len(pacing._unheard) <= 1024
    assert pacing.watch().next_look(seconds(0)) > seconds(40)


def test_retry_after_is_never_undercut_and_the_widest_gap_holds() -> None:
    pacing, _ = trained(even, rules=Rules(widest_gap=seconds(45)))
    watch = pacing.watch()
    assert watch.next_look(seconds(0)) <= seconds(45)
    assert watch.next_look(seconds(60), retry_after=seconds(20)) == seconds(20)
    assert watch.next_look(seconds(0), retry_after=seconds(600)) == seconds(600)


def test_looks_keep_a_least_gap() -> None:
    pacing, _ = trained(lambda _: (0.0, 60.0))
    watch, age = pacing.watch(), 55.0
    for _ in range(50):
        gap = watch.next_look(seconds(age))
        assert gap >= UNBOUNDED.least_gap
        age += gap.total_seconds()
        watch.saw_render(seconds(age))


def test_jobs_that_begin_together_are_not_looked_at_together() -> None:
    pacing, _ = trained(even)
    first_looks = {pacing.watch().next_look(seconds(0)) for _ in range(50)}
    assert len(first_looks) == 50


@pytest.mark.parametrize("draw", [even, skewed])
def test_the_eta_is_true_for_eight_of_ten_jobs(
    draw: Draw,
) -> None:
    hits: list[bool] = []
    for seed in range(6):
        pacing, rng = trained(draw, seed=seed)
        for _ in range(100):
            watch, length = pacing.watch(), seconds(sum(draw(rng)))
            eta = watch.eta(seconds(0))
            watch.dropped()
            assert eta is not None
            assert timedelta(0) < eta.low <= eta.high
            hits.append(eta.low <= length <= eta.high)
    assert 0.7 <= fmean(hits) <= 0.9


def test_the_eta_shrinks_as_the_job_moves_on_and_ends_when_nothing_is_known() -> None:
    pacing, _ = trained(skewed)
    watch = pacing.watch()
    before = watch.eta(seconds(0))
    watch.saw_queue(seconds(20))
    watch.saw_render(seconds(30))
    rendering = watch.eta(seconds(90))
    assert before is not None
    assert rendering is not None
    assert rendering.high < before.high
    assert rendering.high - rendering.low < before.high - before.low
    assert watch.eta(seconds(5000)) is None


def test_with_little_history_there_is_no_eta() -> None:
    pacing, _ = trained(even, jobs=29)
    assert pacing.watch().eta(seconds(0)) is None
    watch_job(pacing.watch(), 0.0, 60.0)


def test_a_look_that_finds_the_queue_again_changes_nothing() -> None:
    """Answers may overtake each other; a render does not go back to the queue."""
    pacing = Pacing()
    watch = pacing.watch()
    watch.saw_render(seconds(10))
    watch.saw_queue(seconds(20))
    assert watch.rendering
    watch.done(seconds(60))
    ((left, _),) = pacing._durations._jobs
    assert left <= 10


def test_a_job_that_stands_still_does_not_keep_the_others_from_being_learned_from() -> None:
    pacing = Pacing(UNBOUNDED, random.Random(0))  # seeded
    stuck = pacing.watch()
    for _ in range(50):
        watch_job(pacing.watch(), 0.0, 60.0)
    assert pacing.watch().eta(seconds(0)) is None
    stuck.next_look(seconds(901))
    assert pacing.watch().eta(seconds(0)) is not None
    stuck.done(seconds(2000))
    assert len(pacing._durations) == 51


times = st.lists(st.floats(0.1, 1000), min_size=1, max_size=30).map(sorted)


@given(times, st.floats(0.01, 10))
def test_the_cost_of_a_look_is_what_it_says(ends: list[float], price: float) -> None:
    """Against the definition: every job pays for the look, each found one has waited."""
    expected = [
        (price * len(ends) + sum(look - end for end in ends[: rank + 1])) / (rank + 1)
        for rank, look in enumerate(ends)
    ]
    costs = costs_per_find(ends, 0.0, price)
    assert costs == pytest.approx(expected[: len(costs)])
    assert min(costs) == pytest.approx(min(expected))


def learned(jobs: Iterable[tuple[Between, Between]]) -> Durations:
    durations = Durations(random.Random(1))  # seeded
    for queue, total in jobs:
        durations.learn(queue, total)
    return durations


bounds = st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(lambda pair: Between(*sorted(pair)))


@settings(deadline=None)
@given(st.lists(st.tuples(bounds, bounds), min_size=1, max_size=40), bounds, st.floats(0, 2e6))
def test_whatever_was_seen_the_ends_are_sorted_and_still_to_come(
    jobs: list[tuple[Between, Between]], queue: Between, age: float
) -> None:
    """Also for answers that contradict each other, and for jobs of no length at all."""
    ends = learned(jobs).ends(queue, age)
    assert ends == sorted(ends)
    assert all(end > age for end in ends)


@settings(deadline=None)
@given(st.lists(st.tuples(bounds, bounds), min_size=30, max_size=60), bounds, st.floats(0, 2e6))
def test_every_gap_is_a_gap(
    jobs: list[tuple[Between, Between]], queue: Between, age: float
) -> None:
    pacing = Pacing(UNBOUNDED, random.Random(1))  # seeded
    for seen, total in jobs:
        pacing.recall(seen, total)
    for state in (queue, Between(queue.low, float("inf"))):
        gap = pacing.gap(state, age)
        assert UNBOUNDED.least_gap <= gap < timedelta(days=60)


def test_a_sparse_look_takes_its_place_among_closer_ones() -> None:
    """Seen only to have ended before 60 s, a queue is taken for one of those that are known."""
    close = [(Between(9.0, 11.0), Between(59.0, 60.0))] * 40
    durations = learned([*close, *[(Between(0.0, 60.0), Between(59.0, 60.0))] * 60])
    first, mean = durations.queue_ends(0.0) or (0.0, 0.0)
    assert 9.0 <= first <= mean <= 11.0

"""How long things take."""

from __future__ import annotations

import random
import statistics

import pytest

from sandbox.runcomfy.durations import LogNormal, Uniform, parse_duration


@pytest.mark.parametrize(
    ("value", "duration"),
    [
        (5, Uniform(5, 5)),
        ([50, 70], Uniform(50, 70)),
        ({"median": 30, "sigma": 1}, LogNormal(30, 1)),
    ],
)
def test_durations_are_read_from_json(value: object, duration: object) -> None:
    assert parse_duration(value) == duration


@pytest.mark.parametrize("value", [None, True, "5", -1, [], [1], [2, 1], [1, 2, 3], {"median": 1}])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"must be|has the keys"):
        parse_duration(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"median": 0, "sigma": 1}])
def test_endless_lengths_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_duration(value)


def test_draws_follow_the_distribution() -> None:
    rng = random.Random(1)
    uniform = [Uniform(50, 70).draw(rng) for _ in range(2000)]
    long_tail = [LogNormal(30, 1.0).draw(rng) for _ in range(2000)]

    assert min(uniform) >= 50
    assert max(uniform) <= 70
    assert statistics.fmean(uniform) == pytest.approx(60, abs=1)
    assert statistics.median(long_tail) == pytest.approx(30, rel=0.1)
    assert max(long_tail) > 200

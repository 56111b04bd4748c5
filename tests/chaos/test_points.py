"""The process dies at every named point, and again at every point of its recovery."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.chaos.counts import count
from tests.chaos.points import Points
from tests.chaos.world import Fate, World

if TYPE_CHECKING:
    from pathlib import Path

SINGLES = count("SINGLES", 5)
"""Points to die at, of each fate, drawn by a seed; 0 is all of them."""
PAIRS = count("PAIRS", 2)
"""The same for pairs of points."""


async def run(folder: Path, template: Path, fate: Fate, *crash_at: int) -> Points:
    """Run a job's whole life with crashes at these points; all promises hold."""
    folder.mkdir()
    points = Points(crash_at)
    world = World(folder, template, fate, points)
    assert await world.run() == [], points.crashes
    return points


def some(rng: random.Random, points: range, wanted: int) -> list[int]:
    """Return so many of the points; 0 wants all."""
    return rng.sample(points, min(wanted or len(points), len(points)))


def few(missed: int, tried: int) -> bool:
    """Tell whether hardly any run ended before it came to the point it was to die at.

    A look more or less is left to chance, and a cancel passes more or fewer points with whom it
    meets, so a run may be shorter than the clean one. It shows what that one shows then.
    """
    return missed <= 1 + tried // 10


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fate", list(Fate))
async def test_promises_hold_at_every_point(fate: Fate, tmp_path: Path, template: Path) -> None:
    clean = await run(tmp_path / "clean", template, fate)
    firsts = some(random.Random(fate), range(len(clean.passed)), SINGLES)
    missed = 0
    for first in firsts:
        crashed = await run(tmp_path / str(first), template, fate, first)
        missed += not crashed.crashes
    assert few(missed, len(firsts)) or fate is Fate.CANCELLED


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fate", list(Fate))
async def test_promises_hold_at_pairs_of_points(fate: Fate, tmp_path: Path, template: Path) -> None:
    """The second crash comes anywhere after the first, which is in the recovery from it."""
    rng = random.Random(fate)
    clean = await run(tmp_path / "clean", template, fate)
    missed = pairs = 0
    for first in some(rng, range(len(clean.passed)), PAIRS):
        crashed = await run(tmp_path / f"{first}", template, fate, first)
        later = range(first + 1, len(crashed.passed))
        for second in some(rng, later, 1 if PAIRS else 0):
            again = await run(tmp_path / f"{first}-{second}", template, fate, first, second)
            missed, pairs = missed + (len(again.crashes) < 2), pairs + 1
    assert few(missed, pairs) or fate is Fate.CANCELLED

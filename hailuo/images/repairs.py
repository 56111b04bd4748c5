"""Which repairs lead from a size that the model refuses to one that it takes.

What `plan` offers obeys the rules of `hailuo.runcomfy.rules` by construction. A size that no
repair can reach gets no offer.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hailuo.images.picture import LONGEST_SIDE, Size
from hailuo.images.repair import Repair, RepairKind
from hailuo.runcomfy.rules import SIZE_RULES, broken_size_rules

MAX_ENLARGEMENT: Final = 2
"""Further pixels would be invented, not enlarged."""
LEAST_SHARE: Final = Fraction(1, 5)
"""A crop keeps at least so much of the picture; a pad leaves it at least so much of the frame."""

_SHORTEST_SIDE: Final = max(rule.bound for rule in SIZE_RULES) + 1
_GOOD_SIDE: Final = 384
"""How far a short side is enlarged where twice its length allows it."""
_RATIO: Final = Fraction(5, 2)
"""The ratio of long to short that is just too much."""


def plan(size: Size) -> tuple[Repair, ...]:
    """Return the repairs for a picture of this upright size; crop comes before pad.

    There are none for a size that obeys the rules already, and none for one too small or too
    long to be helped.
    """
    if not broken_size_rules(size.width, size.height):
        return ()
    if _long(size) < _RATIO * _short(size):
        frames = [(RepairKind.ENLARGE, size)]
    else:
        frames = [(RepairKind.CROP, _cut(size)), (RepairKind.PAD, _padded(size))]
    repairs = (Repair(kind, size, frame, _result(frame)) for kind, frame in frames)
    return tuple(repair for repair in repairs if _is_worth_it(repair))


def _is_worth_it(repair: Repair) -> bool:
    smaller, larger = sorted((repair.source.pixels, repair.frame.pixels))
    return Fraction(smaller, larger) >= LEAST_SHARE and not broken_size_rules(
        repair.result.width, repair.result.height
    )


def _cut(size: Size) -> Size:
    """Return the largest part with the full short side whose ratio is allowed."""
    long = -(-_RATIO.numerator * _short(size) // _RATIO.denominator) - 1
    return _of(size, long, _short(size))


def _padded(size: Size) -> Size:
    """Return the smallest frame around the full long side whose ratio is allowed."""
    short = _RATIO.denominator * _long(size) // _RATIO.numerator + 1
    return _of(size, _long(size), short)


def _result(frame: Size) -> Size:
    """Return the size at which the frame leaves: enlarged if it is too small, else limited.

    Rounding always moves the ratio towards the square, so that what was allowed stays so.
    """
    short = _short(frame)
    if short >= _SHORTEST_SIDE:
        return frame.within(LONGEST_SIDE)
    scale = min(Fraction(MAX_ENLARGEMENT), Fraction(_GOOD_SIDE, short))
    enlarged = -(-short * scale.numerator // scale.denominator)
    return _of(frame, max(int(_long(frame) * scale), enlarged), enlarged)


def _long(size: Size) -> int:
    return max(size.width, size.height)


def _short(size: Size) -> int:
    return min(size.width, size.height)


def _of(like: Size, long: int, short: int) -> Size:
    """Return a size that lies or stands as ``like`` does."""
    return Size(long, short) if like.width >= like.height else Size(short, long)

"""Which repairs are offered for which size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailuo.images.picture import Size
from hailuo.images.repair import Repair, RepairKind
from hailuo.images.repairs import LEAST_SHARE, MAX_ENLARGEMENT, plan
from hailuo.images.retouching import wanted_size
from hailuo.runcomfy.rules import broken_size_rules

SIDES = st.integers(1, 8192)
NEAR_THE_RULES = st.sampled_from((299, 300, 301)) | st.integers(100, 700)


def obeys(size: Size) -> bool:
    return not broken_size_rules(size.width, size.height)


def kinds(width: int, height: int) -> list[RepairKind]:
    return [repair.kind for repair in plan(Size(width, height))]


@settings(max_examples=1000, deadline=None)
@given(width=SIDES | NEAR_THE_RULES, height=SIDES | NEAR_THE_RULES)
def test_whatever_is_offered_obeys_the_rules_and_the_promises(width: int, height: int) -> None:
    size = Size(width, height)
    offers = plan(size)
    if obeys(size):
        assert offers == ()
    for repair in offers:
        assert obeys(repair.result)
        assert repair.source == size
        assert 1 <= repair.enlargement <= MAX_ENLARGEMENT
        assert max(repair.result.width, repair.result.height) <= 2048
        assert_frame_fits(repair)
        assert_picture_fills_its_part(repair)


def assert_frame_fits(repair: Repair) -> None:
    source, frame = repair.source, repair.frame
    match repair.kind:
        case RepairKind.ENLARGE:
            assert frame == source
            assert repair.enlargement > 1
        case RepairKind.CROP:
            assert frame.width <= source.width
            assert frame.height <= source.height
            assert frame.pixels >= source.pixels * LEAST_SHARE
        case RepairKind.PAD:
            assert frame.width >= source.width
            assert frame.height >= source.height
            assert source.pixels >= frame.pixels * LEAST_SHARE


def assert_picture_fills_its_part(repair: Repair) -> None:
    wanted, result = wanted_size(repair), repair.result
    match repair.kind:
        case RepairKind.ENLARGE:
            assert wanted == result
        case RepairKind.CROP:
            assert min(wanted.width - result.width, wanted.height - result.height) == 0
        case RepairKind.PAD:
            assert min(result.width - wanted.width, result.height - wanted.height) == 0
    # Nothing is stretched: both sides scale alike, but for the rounding of each.
    slack = 1 / min(repair.source.width, repair.source.height, wanted.width, wanted.height)
    across = wanted.width / repair.source.width
    down = wanted.height / repair.source.height
    assert across == pytest.approx(down, rel=2 * slack)


@given(width=SIDES | NEAR_THE_RULES, height=SIDES | NEAR_THE_RULES)
def test_a_picture_and_the_same_lying_down_get_the_same_offers(width: int, height: int) -> None:
    lying = [(repair.kind, repair.result) for repair in plan(Size(width, height))]
    standing = [(repair.kind, repair.result.turned) for repair in plan(Size(height, width))]
    assert lying == standing or width == height


@given(width=st.integers(1, 150), height=st.integers(1, 150))
def test_what_is_too_small_even_when_doubled_gets_no_offer(width: int, height: int) -> None:
    assert plan(Size(width, height)) == ()


@given(side=st.integers(151, 300))
def test_what_is_large_enough_when_doubled_gets_an_offer(side: int) -> None:
    assert kinds(side, side) == [RepairKind.ENLARGE]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (256, 256, [RepairKind.ENLARGE]),
        (300, 300, [RepairKind.ENLARGE]),
        (300, 700, [RepairKind.ENLARGE]),
        (1000, 400, [RepairKind.CROP, RepairKind.PAD]),
        (400, 1000, [RepairKind.CROP, RepairKind.PAD]),
        (5000, 1000, [RepairKind.CROP, RepairKind.PAD]),
        (1900, 160, [RepairKind.CROP, RepairKind.PAD]),
        (1000, 100, [RepairKind.PAD]),
        (150, 150, []),
        (8192, 100, []),
        (100_000, 1, []),
        (301, 301, []),
        (1920, 1080, []),
    ],
)
def test_offers_for_the_sizes_people_have(
    width: int, height: int, expected: list[RepairKind]
) -> None:
    assert kinds(width, height) == expected


def test_a_crop_keeps_all_that_the_rules_allow() -> None:
    crop, pad = plan(Size(5000, 1000))
    assert crop.frame == Size(2499, 1000)
    assert pad.frame == Size(5000, 2001)


def test_an_avatar_is_enlarged_to_a_good_size_and_no_further() -> None:
    (repair,) = plan(Size(256, 256))
    assert repair.result == Size(384, 384)
    assert repair.enlargement == 1.5

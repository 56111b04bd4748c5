from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.runcomfy.rules import (
    PROMPT_MAX_CHARACTERS,
    SIZE_RULES,
    broken_prompt_rules,
    broken_size_rules,
)

SIDES = "The uploaded image width and height must both exceed 300 pixels."
RATIO = "The aspect ratio range should be 2:5 to 5:2."


@pytest.mark.parametrize(
    ("width", "height", "errors"),
    [
        (301, 301, []),
        (300, 301, [SIDES]),
        (301, 300, [SIDES]),
        (300, 300, [SIDES, SIDES]),
        (0, 0, [SIDES, SIDES, RATIO, RATIO]),
        (400, 1000, [RATIO]),
        (401, 1000, []),
        (1000, 400, [RATIO]),
        (1000, 401, []),
        (2500, 1000, [RATIO]),
        (2499, 1000, []),
        (40_000_001, 100_000_000, []),
        (40_000_000, 100_000_000, [RATIO]),
        (301, 753, [RATIO]),
        (302, 754, []),
    ],
)
def test_sizes_at_the_edge(width: int, height: int, errors: list[str]) -> None:
    """All four bounds are strict, and exact to the pixel."""
    assert errors == [rule.error for rule in broken_size_rules(width, height)]


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_rules_are_the_schemas(width: int, height: int) -> None:
    """The schema's own words, worked out with fractions, agree with the whole numbers."""
    ratio = Fraction(width, height)
    expected = [
        width > 300,
        height > 300,
        ratio > Fraction(4, 10),
        ratio < Fraction(25, 10),
    ]
    assert expected == [rule.holds(width, height) for rule in SIZE_RULES]


def test_the_rules_carry_the_schemas_names_and_values() -> None:
    assert [(rule.name, rule.value, rule.error) for rule in SIZE_RULES] == [
        ("width_pixels>", 300, SIDES),
        ("height_pixels>", 300, SIDES),
        ("width/height>", 0.4, RATIO),
        ("width/height<", 2.5, RATIO),
    ]


@pytest.mark.parametrize(
    ("prompt", "fits"),
    [
        ("", False),
        ("a", True),
        ("a" * 1995, True),
        ("a" * 1996, False),
        ("🦊" * 1995, True),  # a code point counts once, whatever its bytes
        ("🦊" * 1996, False),
        ("e\u0301" * 998, False),
    ],
)
def test_prompts_at_the_edge(prompt: str, *, fits: bool) -> None:
    assert fits is not bool(broken_prompt_rules(prompt))
    assert PROMPT_MAX_CHARACTERS == 1995

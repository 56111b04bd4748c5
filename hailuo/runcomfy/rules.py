"""The input rules of the model, as data, each with the API's own error text.

Source: the input schema of ``minimax/Hailuo Video 01 Live``. All bounds are strict, and a
comparison is one of whole numbers, so that 2:5 to the pixel is refused like the API refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hailuo.wording import N_

PROMPT_MIN_CHARACTERS = 1
PROMPT_MAX_CHARACTERS = 1995


@dataclass(frozen=True, slots=True)
class SizeRule:
    """One rule on a picture's size: ``width_factor·w + height_factor·h > bound``.

    ``name`` and ``value`` are the schema's, ``error`` is its text word for word.
    """

    name: str
    value: float
    error: str
    width_factor: int
    height_factor: int
    bound: int = 0

    def holds(self, width: int, height: int) -> bool:
        """Tell whether a picture of this many pixels obeys the rule."""
        return self.width_factor * width + self.height_factor * height > self.bound


@dataclass(frozen=True, slots=True)
class PromptRule:
    """How long a prompt may be, in code points."""

    shortest: int
    longest: int

    def holds(self, prompt: str) -> bool:
        """Tell whether the prompt's length lies inside the bounds."""
        return self.shortest <= len(prompt) <= self.longest


_SIDES = N_("The uploaded image width and height must both exceed 300 pixels.")
_RATIO = N_("The aspect ratio range should be 2:5 to 5:2.")

SIZE_RULES = (
    SizeRule("width_pixels>", 300, _SIDES, width_factor=1, height_factor=0, bound=300),
    SizeRule("height_pixels>", 300, _SIDES, width_factor=0, height_factor=1, bound=300),
    # width/height > 0.4 is 5·width > 2·height, and likewise for 2.5.
    SizeRule("width/height>", 0.4, _RATIO, width_factor=5, height_factor=-2),
    SizeRule("width/height<", 2.5, _RATIO, width_factor=-2, height_factor=5),
)

PROMPT_RULE = PromptRule(PROMPT_MIN_CHARACTERS, PROMPT_MAX_CHARACTERS)
"""The schema has these bounds and no text for them."""


def broken_size_rules(width: int, height: int) -> tuple[SizeRule, ...]:
    """Return the rules that a picture of this size, already turned upright, breaks."""
    return tuple(rule for rule in SIZE_RULES if not rule.holds(width, height))


def broken_prompt_rules(prompt: str) -> tuple[PromptRule, ...]:
    """Return the rules that the prompt breaks: none, or the one there is."""
    return () if PROMPT_RULE.holds(prompt) else (PROMPT_RULE,)

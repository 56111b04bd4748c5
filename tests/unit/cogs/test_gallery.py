"""docs/cards.md shows the card as it is."""

from __future__ import annotations

from cogs.ui.card import LOOKS
from cogs.ui.gallery import PAGE, page
from hailuo.jobs.job import JobState


def test_the_page_is_what_the_command_writes() -> None:
    """After a change to the card: ``python -m cogs.ui.gallery``."""
    assert page() == PAGE.read_text()


def test_the_page_shows_every_state() -> None:
    text = page()
    assert all(LOOKS[state].label in text for state in JobState)

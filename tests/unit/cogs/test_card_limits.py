"""The fullest card stays within what Discord takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord import ui

from cogs.ui import card, gallery
from cogs.ui.language import CODES
from cogs.ui.lineage import Origin, OriginKind
from hailuo.jobs.job import JobState, Video

MOST_TEXT = 4000
BIG = 2**63 - 1


@pytest.mark.parametrize("locale", ["en-US", *CODES])
def test_a_link_is_shown_as_text_only_where_it_fits(locale: str) -> None:
    job = gallery._job(JobState.DELIVERING)
    request = replace(job.request, prompt="*" * 2000, locale=locale)
    place = f"https://discord.com/channels/{BIG}/{BIG}/{BIG}"
    for letters in range(2000, card.LONGEST_TEXT_URL + 200, 100):
        full = replace(
            job,
            request=Origin(OriginKind.EDIT, place).of(request),
            video=Video("v.mp4", f"https://{'a' * letters}", 1, 1920, 1080, 10.2),
            cancel_asked_at=gallery.BEGAN,
        )
        shown = card.linked(full).walk_children()
        text = sum(len(item.content) for item in shown if isinstance(item, ui.TextDisplay))
        assert text <= MOST_TEXT, letters

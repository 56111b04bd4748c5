"""docs/privacy.md promises what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from hailuo.jobs import notes
from hailuo.settings import Settings
from hailuo.store.tables import jobs
from hailuo.sweeps import BETWEEN_SWEEPS, HISTORY_KEPT, LONGEST_ARRIVAL, LONGEST_COUNT, MARGIN

NOTICE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()
TOLD: dict[str, str] = {
    "prompt": "your prompt",
    "prompt_optimizer": "the options",
    "prompt_folded": "your prompt",
    "picture_name": "copy of your picture",
    "video_name": "the finished video",
    "video_url": "address at RunComfy",
    "user_id": "ids of your account",
    "guild_id": "the server",
    "channel_id": "the channel",
    "message_id": "the message",
    "memory": "keep the message up to date",
    "locale": "your language",
    "server_locale": "your language",
    "token": "interaction token",
    "picture_of": "whose picture",
    "cancel_asked_by": "who cancelled",
    "private": "the options",
    "parent_id": "where a video comes from",
}
"""What the notice says of each column that comes from a member or is about one."""
NOT_PERSONAL = re.compile(
    r"id|interaction_id|.*_at|state|owner|request_id|reason|announced"
    r"|upload_limit|app_permissions|token_expires_at|(picture|video)_(width|height|size|seconds)"
)


def test_the_notice_tells_of_every_column_about_a_member() -> None:
    assert "the link to the message that it began on" in NOTICE  # cogs.ui.lineage.PLACE, in memory
    for column in jobs.c:
        if column.name in TOLD:
            assert TOLD[column.name] in NOTICE
        else:
            assert NOT_PERSONAL.fullmatch(column.name), f"is {column.name} about a member?"


def test_the_notice_promises_the_terms_that_the_code_keeps() -> None:
    assert f"{HISTORY_KEPT.days} days after the video's end" in NOTICE
    days = Settings.model_fields["keep_videos_days"].default
    assert f"{days} days (`KEEP_VIDEOS_DAYS`)" in NOTICE
    hours = (LONGEST_COUNT + MARGIN).total_seconds() / 3600
    assert f"({hours:.0f} hours, or the quota's window and an hour" in NOTICE
    assert MARGIN + BETWEEN_SWEEPS < 2 * MARGIN
    assert notes.LIFETIME == LONGEST_ARRIVAL == MARGIN

"""What /quota says of a member's limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cogs.quota import describe
from cogs.ui.language import language_of
from hailuo.quotas import Limits, Usage

LIMITS = Limits(
    per_user=1, window=timedelta(hours=24), live_per_user=2, live_per_server=20, per_day=None
)


def used(*, billed: int) -> Usage:
    """Return the usage of a member whose videos were all given back."""
    return Usage(
        used=0,
        next_free_at=None,
        billed=billed,
        next_billed_at=datetime(2026, 1, 2, tzinfo=UTC),
        live_of_user=0,
        waiting_of_user=0,
        live_in_server=0,
        waiting_in_server=0,
        today=billed,
        next_today_at=None,
        paused=False,
    )


def test_who_is_refused_for_too_many_failures_is_not_told_that_a_video_is_left() -> None:
    """All were given back, so the quota is whole; the next command is refused all the same."""
    say = language_of("en-US")
    allowed = describe(LIMITS, used(billed=LIMITS.billed_per_user - 1), say)
    refused = describe(LIMITS, used(billed=LIMITS.billed_per_user), say)
    assert "None can begin now" not in allowed
    assert "None can begin now" in refused
    assert f"<t:{int(datetime(2026, 1, 2, tzinfo=UTC).timestamp())}" in refused

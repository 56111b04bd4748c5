"""What Delete cannot do is said: before the question where that is known, else after it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hailuo.jobs.job import JobState
from tests.acceptance.forms import delete_for_good, private_message
from tests.acceptance.past import Past
from tests.acceptance.playground import texts_of
from tests.acceptance.test_history_pages import history

if TYPE_CHECKING:
    from pathlib import Path

SetTheStage = Any


async def test_what_deletion_cannot_do_is_said(set_the_stage: SetTheStage, tmp_path: Path) -> None:
    """The question outlives a restart, and a card out of reach is not said to be gone."""
    past = Past()
    past.job("unclear", state=JobState.UNKNOWN, ago=timedelta(hours=3))
    past.job("done")
    await past.store(tmp_path)
    async with set_the_stage() as stage:
        page = await history(stage, state="unclear")
        refused = await private_message(stage, await stage.press(page, "Delete"))
        assert "Nobody can tell yet" in texts_of(refused)
        assert not refused.get("components")

        question = await private_message(
            stage, await stage.press(await history(stage, state="done"), "Delete")
        )
        await stage.discord.post(
            "/sandbox/permissions", who="bot", channel=stage.channel, deny=["VIEW_CHANNEL"]
        )
        await stage.restart()
        await delete_for_good(stage, question, says="could not be removed")
        assert "done" not in texts_of(await history(stage))

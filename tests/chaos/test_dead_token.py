"""Promise 8, and its mutant: a job that outlives its interaction's token."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cogs.ui import sender
from tests.integration.cogs.theatre import logged_in

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def dead_token_calls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Deliver 20 minutes after the command; return how many calls Discord refused for the token."""
    async with logged_in(folder, monkeypatch, gateway=True) as theatre:
        job = await theatre.animate()
        await theatre.presenter.open(job, theatre.picture)
        await theatre.clock.sleep(timedelta(minutes=20))
        await theatre.deliver(job)
        assert theatre.videos_posted() == {job.id: 1}
        return await theatre.invalid_requests()


async def test_a_dead_token_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await dead_token_calls(tmp_path, monkeypatch) == 0


async def test_dead_token_still_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "TOKEN_MARGIN", -timedelta(days=1))
    assert await dead_token_calls(tmp_path, monkeypatch) > 0

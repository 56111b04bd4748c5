"""Theatres: with people whose acts reach the bot, or with the REST side alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.cogs.theatre import Theatre, logged_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path


@pytest.fixture
async def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Theatre]:
    async with logged_in(tmp_path, monkeypatch, gateway=True) as theatre:
        yield theatre


@pytest.fixture
async def rest_theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Theatre]:
    async with logged_in(tmp_path, monkeypatch) as theatre:
        yield theatre

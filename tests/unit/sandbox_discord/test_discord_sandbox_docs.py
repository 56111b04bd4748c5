"""The control API's page tells of everything there is."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from sandbox.discord import ids
from sandbox.discord.control.api import TABLE
from sandbox.discord.control.knobs import DEFAULT_BLOCKED_WORD, GATEWAY_ACTIONS
from sandbox.discord.faults import Fault
from sandbox.discord.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()
CODE = re.findall(r"`([^`]+)`", PAGE)
ROUTES = sorted({f"/sandbox{path.partition('{')[0]}" for _, path, _, _ in TABLE})
KEYS = sorted({key for _, _, _, keys in TABLE for key in keys.split()})
NAMES = [*(knob.name for knob in fields(Settings)), *Fault.model_fields, DEFAULT_BLOCKED_WORD]


@pytest.mark.parametrize("name", sorted({*ROUTES, *KEYS, *NAMES, *GATEWAY_ACTIONS}))
def test_page_names_it(name: str) -> None:
    """A route, key, setting, fault field or gateway action without a word here is a bug."""
    assert any(name in code for code in CODE)


def test_page_gives_the_ids_of_the_world() -> None:
    """The page's ids are those of the code, the last digits where they are shortened."""
    for name in ("GUILD_ID", "BOT_ID", "ALICE_ID", "TEXT_CHANNEL_ID", "HIDDEN_CHANNEL_ID", "DM_ID"):
        assert str(getattr(ids, name)) in PAGE
    for name in ("BOB_ID", "MOD_ID", "OWNER_ID", "THREAD_ID"):
        assert f"…{getattr(ids, name) % 100}" in PAGE

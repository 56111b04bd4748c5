"""The control API's page tells of everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.runcomfy.control import Fate
from sandbox.runcomfy.faults import Fault, Kind
from sandbox.runcomfy.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text("utf-8")
HALF = PAGE.partition("## The RunComfy stand-in")[2]
CODE = re.findall(r"`([^`]+)`", HALF)

NAMES = [*Settings.model_fields, *Fault.model_fields, *Kind, *Fate.model_fields]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"struck"}))
def test_the_page_names_every_setting_fault_and_key(name: str) -> None:
    assert any(re.search(rf"\b{name}\b", code) for code in CODE)


@pytest.mark.parametrize("name", ["max_concurrency", "cost_usd", "done_word", "echo_input"])
def test_the_page_tells_the_real_defaults(name: str) -> None:
    default = str(Settings().model_dump(mode="json")[name])
    shown = {"None": "`null`", "False": "`false`"}.get(default, default)

    [row] = [line for line in HALF.splitlines() if line.startswith(f"| `{name}`")]
    assert shown in row

"""Re-encoding itself, without the child around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hailuo.videos import encoding
from hailuo.videos.errors import VideoUnfittableError
from hailuo.videos.fitting import TRIES, fit
from tests.integration.videos.clips import clip

if TYPE_CHECKING:
    from pathlib import Path


def test_one_pass_is_enough_as_a_rule(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", noise=True)
    limit = path.stat().st_size // 3
    assert fit(path, tmp_path / "b.mp4", limit) == 1
    assert (tmp_path / "b.mp4").stat().st_size <= limit


def test_what_comes_out_too_large_is_encoded_again_with_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_MARGIN", 1.5)
    path = clip(tmp_path / "a.mp4", noise=True)
    limit = path.stat().st_size // 3
    assert fit(path, tmp_path / "b.mp4", limit) == 2
    assert (tmp_path / "b.mp4").stat().st_size <= limit


def test_what_never_fits_is_given_up_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_MARGIN", 1.5)
    monkeypatch.setattr(encoding, "_CORRECTION", 1.5)
    path = clip(tmp_path / "a.mp4", noise=True)
    with pytest.raises(VideoUnfittableError, match=f"after {TRIES} tries"):
        fit(path, tmp_path / "b.mp4", path.stat().st_size // 3)
    assert {file.name for file in tmp_path.iterdir()} == {"a.mp4"}

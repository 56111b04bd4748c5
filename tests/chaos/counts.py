"""How much of a suite runs."""

from __future__ import annotations

import os


def count(name: str, small: int) -> int:
    """Return how many rounds to run: `make chaos` says it in the environment."""
    return int(os.environ.get(name) or small)

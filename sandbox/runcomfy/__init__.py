"""A local stand-in for the RunComfy Model API."""

from __future__ import annotations

from .api import TOKEN
from .rules import MODEL_ID
from .server import RunComfySandbox

__all__ = ["MODEL_ID", "TOKEN", "RunComfySandbox"]

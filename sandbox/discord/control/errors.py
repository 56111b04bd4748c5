"""What a person's client would not let through."""

from __future__ import annotations


class ControlError(Exception):
    """A control call that cannot be; its text is the reason."""

"""Parts of messages, as raw as Discord takes them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

PICTURE = {"url": "attachment://a.png"}


def png(width: int = 32, height: int = 48) -> bytes:
    """Return a picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def button(custom_id: str = "b", **more: Any) -> dict[str, Any]:
    """Return a button."""
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    """Return an action row."""
    return {"type": 1, "components": list(components)}


def text(content: str = "t", **more: Any) -> dict[str, Any]:
    """Return a text display."""
    return {"type": 10, "content": content, **more}


def gallery(*names: str) -> dict[str, Any]:
    """Return a media gallery of the message's own files."""
    return {"type": 12, "items": [{"media": {"url": f"attachment://{name}"}} for name in names]}


def select(**more: Any) -> dict[str, Any]:
    """Return a select menu."""
    options = [{"label": "A", "value": "a"}]
    return {"type": 3, "custom_id": "s", "options": options, **more}

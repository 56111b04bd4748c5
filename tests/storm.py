"""Every fault that the API's stand-in knows, each struck by chance for as long as a test runs."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import aiohttp
from PIL import Image

if TYPE_CHECKING:
    import pytest

    from sandbox.runcomfy import RunComfySandbox

Faults = list[tuple[int | str, dict[str, object]]]

SUBMIT_FAULTS: Faults = [
    (429, {"retry_after": 1}),
    (429, {"retry_after": 1, "retry_after_form": "date"}),
    (400, {"code": 400002}),
    (422, {"code": 422001}),
    (200, {"code": 400004}),
    *((status, {}) for status in ("drop", "html", "garbage", "empty", "redirect")),
    (500, {}),
    *((status, {"after_accept": True}) for status in ("drop", "html", "garbage", "truncate")),
    *((status, {"after_accept": True}) for status in (500, 502, 503)),
    (200, {"omit": ["request_id"]}),
    (200, {"after_accept": True, "code": 999999}),
    ("hang", {"after_accept": True}),
]
POLL_FAULTS: Faults = [
    *((status, {}) for status in ("drop", "html", "garbage", "truncate", "empty", "redirect")),
    *((status, {}) for status in (500, 502, 503, 401, 403)),
    (429, {"retry_after": 1}),
    (503, {"retry_after": 1, "retry_after_form": "date"}),
    (200, {"body": {"status": "dancing"}}),
    (200, {"body": {"request_id": 7}}),
    (200, {"code": 500001}),
    (400, {"code": 400005}),
    (404, {"code": 404001}),
    (404, {}),
    ("hang", {}),
]
FILE_FAULTS: Faults = [
    *((status, {}) for status in ("drop", "html", "garbage", "truncate", "empty", "redirect")),
    *((status, {}) for status in (403, 404, 500, 503, "wrong_type", "oversized")),
    ("slow", {"seconds": 0.5}),
    (429, {"retry_after": 1}),
]


def picture() -> bytes:
    """Return a PNG that the API takes."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 320), "navy").save(buffer, "PNG")
    return buffer.getvalue()


def picture_url() -> str:
    """Return the picture as a data URI."""
    return f"data:image/png;base64,{base64.b64encode(picture()).decode()}"


def let_it_storm(sandbox: RunComfySandbox) -> None:
    """Put every fault in force; one call in three is struck."""
    for status, details in SUBMIT_FAULTS:
        chance = 0.01 if status == "hang" else 0.025
        sandbox.strike("POST /v1/models/*", status, times=None, probability=chance, **details)
    for status, details in POLL_FAULTS:
        chance = 0.003 if status == "hang" else 0.02
        sandbox.strike("GET /v1/requests/*", status, times=None, probability=chance, **details)
    for status, details in FILE_FAULTS:
        sandbox.strike("GET /files/*", status, times=None, probability=0.02, **details)


def shorten_patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Give a server that hangs this long, not the product's minutes."""
    limits = aiohttp.ClientTimeout(total=seconds)
    monkeypatch.setattr("hailuo.runcomfy.transport._POLL_TIMEOUT", limits)
    monkeypatch.setattr("hailuo.runcomfy.transport._SUBMIT_TIMEOUT", limits)

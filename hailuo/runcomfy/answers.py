"""Read the API's answers: total on any JSON, so that only our own types and errors come out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from hailuo.runcomfy.errors import MalformedAnswerError
from hailuo.runcomfy.models import (
    Cancelled,
    Completed,
    EmptyOutput,
    Failed,
    InProgress,
    InQueue,
    NotReady,
    Output,
    RequestId,
    Result,
    Status,
    UnknownStatus,
)
from hailuo.runcomfy.redaction import shorten

if TYPE_CHECKING:
    from hailuo.runcomfy.redaction import Redact

JsonObject: TypeAlias = Mapping[str, object]

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")

# The vendor's API page has the first word of each row; the vendor's own clients know the others.
_IN_QUEUE = frozenset({"in_queue", "queued", "pending", "waiting"})
_IN_PROGRESS = frozenset({"in_progress", "starting", "processing", "running"})
_COMPLETED = frozenset({"completed", "succeeded"})
_CANCELLED = frozenset({"cancelled", "canceled"})
_FAILED = frozenset({"failed"})
_CANCEL_TAKEN = _CANCELLED | {"cancellation_requested"}

_OUTPUT_KEYS = ("video", "videos", "image", "images")
_REASON_KEYS = ("failure_reason", "error", "error_message", "message", "detail")
_ERROR_KEYS = ("error_message", "message", "error", "detail")

_MOST_URLS = 16
_LONGEST_URL = 8192
_LONGEST_WORD = 64
_HIGHEST_NUMBER = 1_000_000_000
_LOWEST_CODE = 400_000
_DEEPEST_REASON = 4


def parse_json(body: bytes) -> JsonObject | None:
    """Return the JSON object that ``body`` holds, or None where it holds none."""
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        # ValueError covers bad JSON, bad UTF-8 and integers of absurd length.
        return None
    return _as_object(value)


def parse_request_id(value: object) -> RequestId:
    """Return ``value`` as a request id; raise MalformedAnswerError if it cannot be one."""
    if isinstance(value, str) and _REQUEST_ID.fullmatch(value):
        return RequestId(value)
    raise MalformedAnswerError("the answer has no usable request_id")


def parse_error_code(answer: JsonObject) -> int | None:
    """Return the top-level error code, by either of its names, or None where there is none."""
    code = _whole_number(answer.get("error_code"))
    if code:
        return code
    # A bare "code" may mean anything; the API's own codes have six digits and start at 400001.
    code = _whole_number(answer.get("code"))
    return code if code is not None and code > _LOWEST_CODE else None


def error_text(answer: JsonObject, redact: Redact = shorten) -> str:
    """Return what an error answer says for itself, redacted; empty if it says nothing."""
    return redact(_first_text(answer, _ERROR_KEYS))


def parse_status(answer: JsonObject, redact: Redact = shorten) -> Status:
    """Return the status of a status or result answer; raise MalformedAnswerError without one."""
    word = _status_word(answer.get("status"))
    if word is None:
        raise MalformedAnswerError("the answer has no status")
    if word in _IN_QUEUE:
        return InQueue(_whole_number(answer.get("queue_position")))
    if word in _IN_PROGRESS:
        return InProgress()
    if word in _COMPLETED:
        return Completed()
    if word in _CANCELLED:
        return Cancelled()
    if word in _FAILED:
        return Failed(redact(_first_text(answer, _REASON_KEYS)))
    return UnknownStatus(redact(str(answer["status"]).strip())[:_LONGEST_WORD])


def parse_result(answer: JsonObject, redact: Redact = shorten) -> Result:
    """Return what a result answer says, its output's URLs with the videos first.

    URLs come from ``output`` alone, since a result may echo the input's. They are not checked
    here: that is the fetcher's duty. Raise MalformedAnswerError for a shape that is no result.
    """
    status = parse_status(answer, redact)
    if isinstance(status, Failed | Cancelled):
        return status
    if not isinstance(status, Completed):
        return NotReady(status)
    urls = _output_urls(answer.get("output"))
    return Output(urls, _cost(answer.get("cost"))) if urls else EmptyOutput()


def parse_cancel_taken(answer: JsonObject) -> bool:
    """Tell whether the API took the wish to cancel; a 2xx alone does not say so."""
    word = _status_word(answer.get("outcome"))
    if word is None:
        word = _status_word(answer.get("status"))
    return word in _CANCEL_TAKEN


def _as_object(value: object) -> JsonObject | None:
    # The keys of a JSON object are strings, whatever its values are.
    return cast("JsonObject", value) if isinstance(value, Mapping) else None


def _as_array(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def _status_word(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip().casefold().replace("-", "_").replace(" ", "_")


def _whole_number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _HIGHEST_NUMBER else None


def _cost(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        cost = float(value)
    except OverflowError:
        return None
    return cost if math.isfinite(cost) and cost >= 0 else None


def _output_urls(output: object) -> tuple[str, ...]:
    files = _as_object(output)
    if files is None:
        return ()
    found = (_url(item) for key in _OUTPUT_KEYS for item in _items(files.get(key)))
    return tuple(dict.fromkeys(url for url in found if url))[:_MOST_URLS]


def _items(value: object) -> Sequence[object]:
    return _as_array(value) or (value,)


def _url(item: object) -> str | None:
    # Other models of the same API nest it: {"url": …}.
    nested = _as_object(item)
    url = item if nested is None else nested.get("url")
    return url if isinstance(url, str) and 0 < len(url) <= _LONGEST_URL else None


def _first_text(answer: JsonObject, keys: Sequence[str]) -> str:
    return next(filter(None, (_text(answer.get(key)) for key in keys)), "")


def _text(value: object, depth: int = 0) -> str:
    """Return the words of an error that may be a string, an object or a list of either."""
    if isinstance(value, str):
        return value.strip()
    if depth >= _DEEPEST_REASON:
        return ""
    nested = _as_object(value)
    if nested is not None:
        inner = (_text(nested.get(key), depth + 1) for key in (*_REASON_KEYS, "msg"))
        return next(filter(None, inner), "")
    texts = (_text(item, depth + 1) for item in _as_array(value)[:_MOST_URLS])
    return "; ".join(text for text in texts if text)

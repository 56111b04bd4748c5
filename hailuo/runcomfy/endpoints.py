"""Where the API's calls go: every URL is built from our own base, never out of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from yarl import URL

from hailuo.loopback import is_loopback
from hailuo.runcomfy.answers import parse_request_id

if TYPE_CHECKING:
    from hailuo.runcomfy.models import RequestId


class Endpoints:
    """The URLs of one model at one API; raise ValueError for a base or a model id that cannot be.

    ``base`` is https, or http on loopback, and comes without ``/v1``.
    """

    def __init__(self, base: URL | str, model: str) -> None:
        checked = _checked_base(URL(base))
        self.submit = _at(checked, "v1", "models", *_model_segments(model))
        self._requests = _at(checked, "v1", "requests")

    def status(self, request_id: RequestId) -> URL:
        """Return the URL that tells the status."""
        return _at(self._requests, parse_request_id(request_id), "status")

    def result(self, request_id: RequestId) -> URL:
        """Return the URL that tells the result, and the cost beside it."""
        url = _at(self._requests, parse_request_id(request_id), "result")
        return url.with_query(include_cost="true")

    def cancel(self, request_id: RequestId) -> URL:
        """Return the URL that takes a wish to cancel."""
        return _at(self._requests, parse_request_id(request_id), "cancel")


def _checked_base(base: URL) -> URL:
    if base.user is not None or base.password is not None or base.query_string or base.fragment:
        raise ValueError("the API URL must be an origin, without user, query or fragment")
    if base.scheme == "https" and base.host:
        return base
    if base.scheme == "http" and is_loopback(base.host or ""):
        return base
    raise ValueError("the API URL must be https, or http on loopback")


def _model_segments(model: str) -> list[str]:
    segments = model.split("/")
    if not all(segment.isprintable() and segment.strip(" .") for segment in segments):
        raise ValueError(f"{model!r} is no model id")
    return segments


def _at(base: URL, *segments: str) -> URL:
    # A space becomes %20: a plus sign would be a different model.
    path = "/".join(quote(segment, safe="") for segment in segments)
    return base.with_path(f"{base.raw_path.rstrip('/')}/{path}", encoded=True)

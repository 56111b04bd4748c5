from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from hailuo.retry_after import parse_retry_after
from hailuo.runcomfy import RequestId, errors


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (200, 400001, errors.InvalidModelError),
        (500, 400002, errors.InsufficientBalanceError),
        (402, None, errors.InsufficientBalanceError),
        (400, 400004, errors.AuthenticationError),
        (401, None, errors.AuthenticationError),
        (403, None, errors.PermissionDeniedError),
        (200, 400005, errors.ResultNotReadyError),
        (400, 404001, errors.RequestNotFoundError),
        (200, 422009, errors.InvalidInputError),
        (200, 500001, errors.ServerFaultError),
        (200, 123, errors.UnexpectedAnswerError),
        (429, None, errors.RateLimitedError),
        (500, None, errors.ServerFaultError),
        (599, 777, errors.ServerFaultError),
        (302, None, errors.UnexpectedAnswerError),
        (418, None, errors.UnexpectedAnswerError),
    ],
)
def test_the_code_decides_then_the_status(
    status: int, code: int | None, kind: type[errors.RunComfyError]
) -> None:
    assert kind is errors.error_type(status, code)


def _kinds() -> list[type[errors.RunComfyError]]:
    members = inspect.getmembers(errors, inspect.isclass)
    return [kind for _, kind in members if issubclass(kind, errors.RunComfyError)]


@pytest.mark.parametrize("kind", _kinds())
def test_every_error_has_a_sentence_and_its_evidence(kind: type[errors.RunComfyError]) -> None:
    """What happened, whether it counted, what to do; a reason with braces does no harm."""
    error = kind(
        "odd {reason} {0}",
        http_status=418,
        error_code=400123,
        request_id=RequestId("r-1"),
        retry_after=timedelta(seconds=3),
    )
    assert "counted" in error.user_message
    assert error.user_message.endswith(".")
    assert len(error.user_message) < 300
    for part in (kind.__name__, "418", "400123", "r-1", "odd {reason} {0}"):
        assert part in str(error)


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, 600),
        ({"Retry-After": "1e400"}, 600),
        ({"Retry-After": "86400"}, 600),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30),
        ({"Retry-After": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        ({"Retry-After": "Mon, 23 Nov 2026 13:00:30 -0000"}, 600),
        ({"Retry-After": "Mon, 99 Nov 2026 12:00:30 GMT"}, None),
        (
            # A clock an hour wrong does no harm: both dates are the server's.
            {
                "Retry-After": "Mon, 23 Nov 2026 13:00:30 GMT",
                "Date": "Mon, 23 Nov 2026 13:00:00 GMT",
            },
            30,
        ),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:30 GMT", "Date": "junk"}, 30),
    ],
)
def test_retry_after_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert expected == parse_retry_after(headers, NOON)

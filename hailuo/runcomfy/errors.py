"""What can go wrong with a call, by meaning.

Sources: docs.runcomfy.com/model-apis/error-codes, and the statuses that the vendor's own clients
handle. A code decides before the HTTP status does, since an error may come with HTTP 200.
On a poll none of these is the job's error: only ``RequestNotFoundError`` says that a job is over.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from datetime import timedelta

    from hailuo.runcomfy.models import RequestId


class RunComfyError(HailuoError):
    """A call that did not do what it was for; ``text`` is the API's own word, redacted."""

    sentence = N_("RunComfy could not do this. Nothing was counted; please try again later.")

    def __init__(
        self,
        text: str = "",
        *,
        http_status: int | None = None,
        error_code: int | None = None,
        request_id: RequestId | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        evidence = (
            f"HTTP {http_status}" if http_status else "",
            f"code {error_code}" if error_code is not None else "",
            f"request {request_id}" if request_id else "",
            text,
        )
        super().__init__(
            f"{type(self).__name__}: {', '.join(part for part in evidence if part)}",
            reason=text.rstrip(". ") or N_("no reason was given"),
        )
        self.text = text
        self.http_status = http_status
        self.error_code = error_code
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidModelError(RunComfyError):
    """The model id is not known there."""

    sentence = N_(
        "RunComfy does not know the model this bot is set up for. Nothing was counted; "
        "please tell the bot's operator."
    )


class InsufficientBalanceError(RunComfyError):
    """The account has no money left."""

    sentence = N_(
        "The bot's RunComfy account has run out of credit. Nothing was counted; "
        "please try again once the bot's operator has topped it up."
    )


class AuthenticationError(RunComfyError):
    """The token is missing, expired or revoked."""

    sentence = N_(
        "RunComfy does not accept the bot's key. Nothing was counted; "
        "please tell the bot's operator."
    )


class PermissionDeniedError(RunComfyError):
    """The account may not do this, or the request is somebody else's."""

    sentence = N_(
        "RunComfy does not let the bot do this. Nothing was counted; "
        "please tell the bot's operator."
    )


class RequestNotFoundError(RunComfyError):
    """The request is unknown, deleted or expired: nothing more will come of it."""

    sentence = N_(
        "RunComfy no longer knows this job, so its video cannot be fetched. It was not counted; "
        "please run it again."
    )


class InvalidInputError(RunComfyError):
    """The prompt or the picture was refused."""

    sentence = N_(
        "RunComfy refused this input: {reason}. Nothing was counted; "
        "please change the picture or the prompt and try again."
    )


class ResultNotReadyError(RunComfyError):
    """The result was asked for too early."""

    retryable = True


class RateLimitedError(RunComfyError):
    """Too many calls; ``retry_after`` says when to come back, where the API tells."""

    sentence = N_(
        "RunComfy is too busy to take another job. Nothing was counted; "
        "please try again in a few minutes."
    )
    retryable = True


class ServerFaultError(RunComfyError):
    """The API failed at its own end."""

    retryable = True


class UnexpectedAnswerError(RunComfyError):
    """An answer with a status or an error code that nobody has documented, or a redirect."""

    retryable = True


class MalformedAnswerError(RunComfyError):
    """An answer that cannot be read: no JSON, the wrong shape, or too large."""

    retryable = True


class UnreachableError(RunComfyError):
    """No connection came about, so nothing was sent."""

    sentence = N_(
        "RunComfy cannot be reached at the moment. Nothing was counted; "
        "please try again in a few minutes."
    )
    retryable = True


class ConnectionLostError(RunComfyError):
    """The connection broke, or fell silent, after something may have been sent."""

    retryable = True


BY_CODE: dict[int, type[RunComfyError]] = {
    400001: InvalidModelError,
    400002: InsufficientBalanceError,
    400004: AuthenticationError,
    400005: ResultNotReadyError,
    403001: PermissionDeniedError,
    403003: PermissionDeniedError,
    404001: RequestNotFoundError,
    422001: InvalidInputError,
    500001: ServerFaultError,
}

BY_STATUS: dict[int, type[RunComfyError]] = {
    400: InvalidInputError,
    401: AuthenticationError,
    402: InsufficientBalanceError,
    403: PermissionDeniedError,
    404: RequestNotFoundError,
    405: UnexpectedAnswerError,
    413: InvalidInputError,
    415: InvalidInputError,
    422: InvalidInputError,
    429: RateLimitedError,
}

_REFUSALS = frozenset(
    {
        InvalidModelError,
        InsufficientBalanceError,
        AuthenticationError,
        PermissionDeniedError,
        RequestNotFoundError,
        InvalidInputError,
        RateLimitedError,
    }
)


def error_type(http_status: int, error_code: int | None) -> type[RunComfyError]:
    """Return the meaning of an answer that is an error: by its code, else by its HTTP status."""
    if error_code is not None and error_code in BY_CODE:
        return BY_CODE[error_code]
    if error_code is not None and http_status < HTTPStatus.BAD_REQUEST:
        # Documented codes begin with the HTTP status they would have had.
        return BY_STATUS.get(error_code // 1000, UnexpectedAnswerError)
    if http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFaultError
    return BY_STATUS.get(http_status, UnexpectedAnswerError)


def is_refusal(http_status: int, error_code: int | None) -> bool:
    """Tell whether an answer to a paid submit proves that no job exists.

    A documented code proves it, and so does a 4xx that is a refusal by its meaning. A code that
    nobody has documented proves it only beside an HTTP status that says the same.
    """
    if error_code in BY_CODE:
        return BY_CODE[error_code] in _REFUSALS
    if error_code is not None and error_code // 1000 != http_status:
        return False
    return BY_STATUS.get(http_status) in _REFUSALS

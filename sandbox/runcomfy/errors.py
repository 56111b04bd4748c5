"""The API's error codes as data, and how each dialect puts them on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any


class Dialect(StrEnum):
    """How HTTP statuses are chosen: vendor pages and vendor clients disagree."""

    DOCS = "docs"  # what the error-code page suggests: 400 for whatever the caller did wrong
    HTTP = "http"  # what the vendor's clients also handle: 401, 402, 422


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One documented code: its number, its default sentence, its HTTP status per dialect."""

    number: int
    message: str
    docs: HTTPStatus
    http: HTTPStatus

    def status(self, dialect: Dialect) -> HTTPStatus:
        """Return the HTTP status that this dialect answers with."""
        return self.docs if dialect is Dialect.DOCS else self.http


INVALID_MODEL = ErrorCode(
    400001, "Invalid model_id.", HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST
)
INSUFFICIENT_RESOURCES = ErrorCode(
    400002, "Insufficient balance.", HTTPStatus.BAD_REQUEST, HTTPStatus.PAYMENT_REQUIRED
)
USER_ACCOUNT = ErrorCode(
    400004, "Missing or invalid API token.", HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED
)
NOT_READY = ErrorCode(
    400005, "The result is not ready.", HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST
)
PERMISSION_DENIED = ErrorCode(
    403001, "Permission denied.", HTTPStatus.FORBIDDEN, HTTPStatus.FORBIDDEN
)
NOT_FOUND = ErrorCode(404001, "Request not found.", HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND)
VALIDATION = ErrorCode(
    422001, "Invalid input.", HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY
)
INTERNAL = ErrorCode(
    500001, "Internal error.", HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.INTERNAL_SERVER_ERROR
)

BY_NUMBER = {
    code.number: code
    for code in (
        INVALID_MODEL,
        INSUFFICIENT_RESOURCES,
        USER_ACCOUNT,
        NOT_READY,
        PERMISSION_DENIED,
        NOT_FOUND,
        VALIDATION,
        INTERNAL,
    )
}


class ApiError(Exception):
    """A call that the API refuses; `field` names the input that broke a rule."""

    def __init__(
        self, code: ErrorCode, message: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(message or code.message)
        self.code = code
        self.field = field

    def body(self) -> dict[str, Any]:
        """Return the JSON that goes with it."""
        return error_body(self.code.number, str(self), self.field)


def error_body(number: int | None, message: str, field: str | None = None) -> dict[str, Any]:
    """Build an error answer; a code the documentation does not know is left out as None."""
    body: dict[str, Any] = {"error_message": message}
    if number is not None:
        body = {"error_code": number, **body}
    if field is not None:
        body["detail"] = [{"loc": ["body", field], "msg": message, "type": "value_error"}]
    return body

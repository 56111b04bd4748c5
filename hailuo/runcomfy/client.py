"""The client of RunComfy's Model API: submit, status, result, cancel.

A paid POST is made at most once. An error of a poll is raised as what it is and is never the
job's error; how often to look, and when to stop, is the caller's to decide.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from hailuo.clock import SystemClock
from hailuo.retry_after import parse_retry_after
from hailuo.runcomfy.answers import (
    JsonObject,
    error_text,
    parse_cancel_taken,
    parse_error_code,
    parse_request_id,
    parse_result,
    parse_status,
)
from hailuo.runcomfy.endpoints import Endpoints
from hailuo.runcomfy.errors import (
    ConnectionLostError,
    InvalidModelError,
    MalformedAnswerError,
    RequestNotFoundError,
    RunComfyError,
    UnexpectedAnswerError,
    UnreachableError,
    error_type,
    is_refusal,
)
from hailuo.runcomfy.models import (
    Accepted,
    Cancelled,
    CancelOutcome,
    CancelUnconfirmed,
    Failed,
    InQueue,
    JobInput,
    NotCancellable,
    Refused,
    RequestId,
    Result,
    Status,
    SubmitOutcome,
    SubmitUnknown,
    UnknownStatus,
)
from hailuo.runcomfy.redaction import redactor
from hailuo.runcomfy.transport import Answer, NoAnswer, Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from yarl import URL

    from hailuo.clock import Clock
    from hailuo.runcomfy.redaction import Redact

T = TypeVar("T")

SUBMIT_ATTEMPTS = 4

_FIRST_PAUSE = timedelta(seconds=1)  # doubled from attempt to attempt


class Secret(Protocol):
    """A string that hides itself, as pydantic's SecretStr does."""

    def get_secret_value(self) -> str:
        """Return the string."""
        ...


class RunComfyClient:
    """The Model API at ``base_url`` (https, or loopback), for one model; an async context manager.

    ``base_url`` is the origin without ``/v1``. The token goes to that origin alone, and no URL
    out of an answer is ever called. Raise ValueError for a token, URL or model id that cannot be.
    """

    def __init__(
        self,
        token: Secret,
        base_url: URL | str,
        model: str,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        secret = _checked_token(token.get_secret_value())
        self._endpoints = Endpoints(base_url, model)
        self._transport = Transport(secret)
        self._redact = redactor(secret)
        self._clock = clock or SystemClock()
        self._rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._transport.__aexit__(*failure)

    async def submit(self, job: JobInput) -> SubmitOutcome:
        """Submit a job, and be certain of one thing: it is never paid twice by us.

        Sent again only if provably nothing was sent, at most ``SUBMIT_ATTEMPTS`` times in all. A
        refusal that says "later" (429) is handed back with how much later: who else waits is for
        the caller to know. Never raises for what a network or a server can do. A caller that may
        be cancelled should shield this call.
        """
        for attempt in range(1, SUBMIT_ATTEMPTS):
            outcome = await self._submit(job)
            if not (isinstance(outcome, Refused) and isinstance(outcome.error, UnreachableError)):
                return outcome
            await self._clock.sleep(self._pause(attempt))
        return await self._submit(job)

    async def _submit(self, job: JobInput) -> SubmitOutcome:
        return self._read_submit(await self._transport.post(self._endpoints.submit, job.to_json()))

    async def status(self, request_id: RequestId) -> Status:
        """Return what the request is doing; raise a RunComfyError if that cannot be told now."""
        answer = await self._transport.get(self._endpoints.status(request_id))
        return self._parsed(parse_status, answer, request_id)

    async def result(self, request_id: RequestId) -> Result:
        """Return the definitive word on a request, with its cost where the API tells.

        "Not ready" is NotReady if it comes with a status, ResultNotReadyError if it comes as an
        error; both mean: keep polling.
        """
        answer = await self._transport.get(self._endpoints.result(request_id))
        return self._parsed(parse_result, answer, request_id)

    async def cancel(self, request_id: RequestId) -> CancelOutcome:
        """Ask to cancel, then read the status once more: an answer alone is no confirmation.

        Only jobs in the queue can be cancelled. Asking twice is harmless.
        """
        answer = await self._transport.post(self._endpoints.cancel(request_id))
        taken = parse_cancel_taken(self._checked(answer, request_id))
        try:
            status = await self.status(request_id)
        except RunComfyError:
            return CancelUnconfirmed()
        if isinstance(status, Cancelled):
            return status
        if taken and isinstance(status, InQueue | UnknownStatus):
            return CancelUnconfirmed(status)
        return NotCancellable(status)

    def handle(self, request_id: RequestId) -> JobHandle:
        """Return a handle for a request, however long ago and by whomever it was submitted."""
        return JobHandle(self, parse_request_id(request_id))

    def _pause(self, attempt: int) -> timedelta:
        return _FIRST_PAUSE * (2 ** (attempt - 1) + self._rng.uniform(0, 0.5))

    def _read_submit(self, answer: Answer | NoAnswer) -> SubmitOutcome:
        if isinstance(answer, NoAnswer):
            detail = self._redact(answer.detail)
            return SubmitUnknown(detail) if answer.sent else Refused(UnreachableError(detail))
        error = self._error(answer)
        if error is None:
            try:
                return Accepted(parse_request_id((answer.body or {}).get("request_id")))
            except MalformedAnswerError as malformed:
                return SubmitUnknown(str(malformed), answer.status)
        if not is_refusal(answer.status, error.error_code) or _names_a_job(answer):
            return SubmitUnknown(str(error), answer.status)
        if isinstance(error, RequestNotFoundError):
            # What was not found by a submit is the model.
            error = InvalidModelError(
                error.text, http_status=error.http_status, error_code=error.error_code
            )
        return Refused(error)

    def _parsed(
        self,
        parse: Callable[[JsonObject, Redact], T],
        answer: Answer | NoAnswer,
        request_id: RequestId,
    ) -> T:
        body = self._checked(answer, request_id)
        if body.get("request_id") not in (None, request_id):
            raise MalformedAnswerError("it is about another request", request_id=request_id)
        try:
            return parse(body, self._redact)
        except MalformedAnswerError as malformed:
            raise MalformedAnswerError(malformed.text, request_id=request_id) from malformed

    def _checked(self, answer: Answer | NoAnswer, request_id: RequestId) -> JsonObject:
        """Return the JSON of a good answer; raise what a bad one means."""
        if isinstance(answer, NoAnswer):
            kind = ConnectionLostError if answer.sent else UnreachableError
            raise kind(self._redact(answer.detail), request_id=request_id)
        error = self._error(answer, request_id)
        if error is not None:
            raise error
        if answer.body is None:
            media = self._redact(answer.headers.get("Content-Type", "no type"))[:40]
            raise MalformedAnswerError(
                f"not a JSON object but {media}", http_status=answer.status, request_id=request_id
            )
        return answer.body

    def _error(self, answer: Answer, request_id: RequestId | None = None) -> RunComfyError | None:
        """Return what is wrong with an answer: by its error code first, then by its status."""
        body = answer.body or {}
        code = parse_error_code(body)
        success = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        if success and (code is None or _is_failed_job(body, request_id)):
            return None
        kind = error_type(answer.status, code)
        if kind is RequestNotFoundError and request_id is not None and code is None:
            # Some gateway's 404 is not the API's word that a paid job is gone.
            kind = UnexpectedAnswerError
        return kind(
            error_text(body, self._redact),
            http_status=answer.status,
            error_code=code,
            request_id=request_id,
            retry_after=parse_retry_after(answer.headers, self._clock.now()),
        )


@dataclass(frozen=True, slots=True)
class JobHandle:
    """One request and the client to ask about it; rebuilt anywhere from the id alone."""

    _client: RunComfyClient
    request_id: RequestId

    async def status(self) -> Status:
        """Return what the request is doing."""
        return await self._client.status(self.request_id)

    async def result(self) -> Result:
        """Return the definitive word on the request."""
        return await self._client.result(self.request_id)

    async def cancel(self) -> CancelOutcome:
        """Ask to cancel the request."""
        return await self._client.cancel(self.request_id)


def _names_a_job(answer: Answer) -> bool:
    """Tell whether an answer that says no speaks of a job all the same, in a success's form."""
    try:
        parse_request_id((answer.body or {}).get("request_id"))
    except MalformedAnswerError:
        return False
    return answer.status < HTTPStatus.MULTIPLE_CHOICES


def _is_failed_job(body: JsonObject, request_id: RequestId | None) -> bool:
    """Tell a failed job that gives its error code from a call that failed."""
    if request_id is None or body.get("request_id") != request_id:
        return False
    try:
        return isinstance(parse_status(body), Failed)
    except MalformedAnswerError:
        return False


def _checked_token(token: str) -> str:
    if not re.fullmatch(r"[!-~]{1,4096}", token):
        raise ValueError("the RunComfy token must be printable ASCII without spaces")
    return token

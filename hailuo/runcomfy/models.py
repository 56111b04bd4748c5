"""What the Model API takes and tells, as small frozen types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NewType, TypeAlias

if TYPE_CHECKING:
    from hailuo.runcomfy.errors import RunComfyError

RequestId = NewType("RequestId", str)
"""An opaque request id of ``[A-Za-z0-9_-]{1,128}``; made by ``answers.parse_request_id`` only."""


@dataclass(frozen=True, slots=True)
class JobInput:
    """What a job is made from, one to one the model's input schema."""

    prompt: str = field(repr=False)
    image_url: str = field(repr=False)
    prompt_optimizer: bool = True

    def to_json(self) -> dict[str, str | bool]:
        """Return the body of the submit call."""
        return {
            "prompt": self.prompt,
            "image_url": self.image_url,
            "prompt_optimizer": self.prompt_optimizer,
        }


# What a request is doing.


@dataclass(frozen=True, slots=True)
class InQueue:
    """Waits for a machine; ``position`` counts from the API's own first place, where it tells."""

    position: int | None = None


@dataclass(frozen=True, slots=True)
class InProgress:
    """Is being rendered; from here it cannot be cancelled."""


@dataclass(frozen=True, slots=True)
class Completed:
    """Is done, for better or worse: the result is the definitive word."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Was cancelled; there will be no video."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Failed on the API's side; ``reason`` is redacted and short, and may be empty."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """Is in a state we have no word for, which means no more than: look again later."""

    word: str = ""


Status: TypeAlias = InQueue | InProgress | Completed | Cancelled | Failed | UnknownStatus


# How a submit ended. There is no fourth way, and none of the three is an exception.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The API took the job and named it."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Refused:
    """No job exists: the API said no, or provably nothing was sent. Safe to submit again."""

    error: RunComfyError


@dataclass(frozen=True, slots=True)
class SubmitUnknown:
    """Something may have been sent and no usable answer came: a paid job may exist.

    Never submit it again. ``detail`` is for the operator, redacted.
    """

    detail: str
    http_status: int | None = None
    request_id: None = None


SubmitOutcome: TypeAlias = Accepted | Refused | SubmitUnknown


# What the result call says.


@dataclass(frozen=True, slots=True)
class Output:
    """A finished job's files, videos first, and what it cost in USD where the API tells."""

    urls: tuple[str, ...] = field(repr=False)
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class NotReady:
    """The job still runs."""

    status: Status


@dataclass(frozen=True, slots=True)
class EmptyOutput:
    """The job claims to be done, and has no file to show."""


Result: TypeAlias = Output | NotReady | Failed | Cancelled | EmptyOutput


# How a cancel ended; ``Cancelled`` is the confirmed one.


@dataclass(frozen=True, slots=True)
class NotCancellable:
    """The job is past the queue: it renders, or has ended."""

    status: Status


@dataclass(frozen=True, slots=True)
class CancelUnconfirmed:
    """The API took the wish; whether it came true, a later status will tell."""

    status: Status | None = None


CancelOutcome: TypeAlias = Cancelled | NotCancellable | CancelUnconfirmed

"""What can go wrong on demand: which calls a fault strikes, and how often."""

from __future__ import annotations

import math
import random
import time
from email.utils import formatdate
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """Faults that are more than an HTTP status."""

    DROP = "drop"  # the connection ends without an answer
    HANG = "hang"  # no answer, the connection stays
    HTML = "html"  # an error page of a CDN, 502 unless `http` says otherwise
    REDIRECT = "redirect"  # 307 to `location`
    TRUNCATE = "truncate"  # the connection ends in the middle of the body
    SLOW = "slow"  # the body comes in drops over `seconds`
    EMPTY = "empty"  # 200 and no body
    GARBAGE = "garbage"  # 200, the right type, random bytes
    WRONG_TYPE = "wrong_type"  # the right body under text/plain
    OVERSIZED = "oversized"  # the body and then zeros, up to `bytes`, with no length announced


Whole = Annotated[int, Field(strict=True, ge=0)]
Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]

_NEEDS_REAL_ANSWER = {Kind.TRUNCATE, Kind.SLOW, Kind.WRONG_TYPE, Kind.OVERSIZED}


class Fault(BaseModel):
    """One rule; every name here is a key of `POST /sandbox/faults`."""

    model_config = ConfigDict(extra="forbid")

    route: Annotated[str, Field(pattern=r"^[A-Z*]+ /\S.*$")]
    status: Annotated[int, Field(strict=True, ge=200, lt=600)] | Kind
    times: Annotated[int, Field(strict=True, ge=1)] | None = 1  # None: until it is deleted
    probability: Annotated[float, Field(strict=True, ge=0, le=1)] = 1.0
    after_accept: Flag = False  # the call takes effect, then its answer is spoilt
    code: Whole | None = None  # error_code of the answer; with a 2xx status an error all the same
    message: str | None = None
    body: Any = None  # verbatim: JSON, or a string as it is
    omit: tuple[str, ...] = ()  # top-level keys to take out of the real answer
    retry_after: Seconds | str | None = None  # or the header's text verbatim
    retry_after_form: Literal["seconds", "date"] = "seconds"
    delay_s: Seconds = 0.0
    seconds: Seconds = 5.0
    bytes: Whole = 600_000_000
    http: Whole = 502
    location: str | None = None
    struck: Whole = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether this fault is meant for the call; `*` in the path matches anything."""
        wanted_method, wanted_path = self.route.split(" ", 1)
        return wanted_method in {"*", method} and fnmatchcase(path, wanted_path)

    @property
    def needs_real_answer(self) -> bool:
        """Whether the call must be served first, because its answer is what gets spoilt."""
        if isinstance(self.status, Kind):
            return self.after_accept or self.status in _NEEDS_REAL_ANSWER
        return self.after_accept or self.rewrites_answer

    @property
    def rewrites_answer(self) -> bool:
        """Whether the real body is sent on, under another status or with keys left out."""
        is_success = isinstance(self.status, int) and self.status < 300  # noqa: PLR2004  2xx
        return is_success and self.code is None and self.body is None

    def retry_after_header(self) -> str | None:
        """Return the header in the wanted form; a date is rounded up to whole seconds."""
        if self.retry_after is None or isinstance(self.retry_after, str):
            return self.retry_after
        if self.retry_after_form == "date":
            return formatdate(math.ceil(time.time() + self.retry_after), usegmt=True)
        return f"{self.retry_after:g}"


class Faults:
    """The faults in force, oldest first; the first that matches and wins its draw strikes."""

    def __init__(self, rng: random.Random) -> None:
        self._faults: list[Fault] = []
        self._rng = rng

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Lift all faults."""
        self._faults.clear()

    def reseed(self, seed: int) -> None:
        """Draw later probabilities from this seed on."""
        self._rng = random.Random(seed)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this call, used up by one."""
        for fault in self._faults:
            if not fault.matches(method, path) or self._rng.random() >= fault.probability:
                continue
            fault.struck += 1
            if fault.times is not None and fault.struck >= fault.times:
                self._faults.remove(fault)
            return fault
        return None

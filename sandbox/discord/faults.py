"""Faults on demand: calls that fail, stall or break off, before or after their effect."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.discord.errors import CODES, DiscordError

if TYPE_CHECKING:
    from aiohttp import web

    from sandbox.discord.ledger import Entry

DROP = "drop"
HANG = "hang"
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SERVER_ERRORS = {500: "500: Internal Server Error", 502: "502: Bad Gateway"}


class BadFaultError(ValueError):
    """A fault that cannot be."""


class Fault(BaseModel):
    """What happens to the next calls of a route.

    ``route`` is ``METHOD /path`` with shell wildcards, path or route as the ledger shows it.
    ``status`` None lets the call succeed (with ``delay_s``: late), unless ``code`` has a status of
    its own. ``times`` None means always.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    route: Annotated[str, Field(pattern=r"^[A-Z*]+ /")]
    status: Annotated[int, Field(ge=400, lt=600)] | Literal["drop", "hang"] | None = None
    times: Annotated[int, Field(ge=1)] | None = 1
    code: Annotated[int, Field(ge=0)] | None = None
    message: str | None = None
    retry_after: Seconds = 1.0
    scope: Literal["user", "shared", "global"] = "user"
    via: bool = True
    delay_s: Seconds = 0.0
    after_accept: bool = False

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Fault:
        """Return the fault a control call describes."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_context=False)
            reasons = [": ".join((*map(str, item["loc"][:1]), item["msg"])) for item in wrong]
            raise BadFaultError("; ".join(dict.fromkeys(reasons))) from error

    @model_validator(mode="after")
    def _codes_bring_their_status(self) -> Self:
        if self.status is None and self.code:
            if self.code not in CODES:
                raise ValueError(f"the code {self.code} needs a status")
            self.status = CODES[self.code][0]
        elif self.status is None and self.message is not None:
            raise ValueError("a message needs a status or a code")
        return self

    def matches(self, call: str) -> bool:
        """Tell whether a call, ``METHOD /path``, is one that this is meant for."""
        # The ledger's "[token]" would be a set of letters in a shell pattern.
        pattern = self.route.replace("[token]", "[[]token]")
        return fnmatchcase(call, pattern) or fnmatchcase("* " + call.partition(" ")[2], pattern)

    @property
    def error(self) -> DiscordError:
        """Return the refusal this fault answers with."""
        status = self.status if isinstance(self.status, int) else 500
        code = self.code or 0
        _, message = CODES.get(
            code, (status, SERVER_ERRORS.get(status, f"{status}: sandbox fault"))
        )
        extra: dict[str, Any] = {}
        if status == 429:  # noqa: PLR2004 - Too Many Requests
            message = message if code else "You are being rate limited."
            extra = {"retry_after": self.retry_after, "global": self.scope == "global"}
        error = DiscordError(code, status=status, message=self.message or message, **extra)
        error.scope, error.via = self.scope, self.via
        return error

    async def wait(self) -> None:
        """Spend the fault's delay."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)


class Faults:
    """The faults that wait for their call, oldest first."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []
        self._over = asyncio.Event()

    def add(self, fault: Fault) -> None:
        """Have a fault wait for its route."""
        self.pending.append(fault)

    def clear(self) -> None:
        """Forget all faults and let hanging calls go."""
        self.pending.clear()
        self._over.set()
        self._over = asyncio.Event()

    def take(self, entry: Entry) -> Fault | None:
        """Return the fault for this call, using it up once."""
        calls = (f"{entry.method} {entry.path}", f"{entry.method} {entry.route}")
        for fault in self.pending:
            if any(fault.matches(call) for call in calls):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.pending.remove(fault)
                return fault
        return None

    async def strike(self, fault: Fault) -> None:
        """Make a call fail as the fault says; return if the fault only delays."""
        if fault.status == HANG:
            await self._over.wait()
        if fault.status in (HANG, DROP):
            raise SeveredError(str(fault.status))
        if fault.status is not None:
            raise fault.error


class SeveredError(Exception):
    """The connection is to be cut instead of an answer; ``how`` is ``drop`` or ``hang``."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


def cut(request: web.Request) -> None:
    """Break the connection off without an answer."""
    if request.transport is not None:
        request.transport.abort()

"""Faults on demand: calls that fail, stall or break off, before or after their effect."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sandbox.discord.errors import CODES, DiscordError
from sandbox.discord.ledger import masked

if TYPE_CHECKING:
    from aiohttp import web

DROP = "drop"
HANG = "hang"
SERVER_ERRORS = {500: "500: Internal Server Error", 502: "502: Bad Gateway"}


class BadFaultError(ValueError):
    """A fault that cannot be."""


@dataclass(slots=True)
class Fault:
    """What happens to the next calls of a route.

    ``route`` is ``METHOD /path`` with shell wildcards, the path as the ledger shows it.
    ``status`` None lets the call succeed (with ``delay_s``: late). ``times`` None means always.
    """

    route: str
    status: int | str | None = None
    times: int | None = 1
    code: int | None = None
    message: str | None = None
    retry_after: float = 1.0
    scope: str = "user"
    via: bool = True
    delay_s: float = 0.0
    after_accept: bool = False

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Fault:
        """Return the fault a control call describes."""
        try:
            fault = cls(**values)
        except TypeError as error:
            raise BadFaultError(str(error)) from error
        is_status = isinstance(fault.status, int) and 400 <= fault.status < 600  # noqa: PLR2004 - HTTP's error range
        if fault.status not in (None, DROP, HANG) and not is_status:
            raise BadFaultError(f"status must be 400 to 599, drop or hang, not {fault.status!r}")
        if not isinstance(fault.route, str) or " /" not in fault.route:
            raise BadFaultError(f"route must be 'METHOD /path', not {fault.route!r}")
        if fault.scope not in ("user", "shared", "global"):
            raise BadFaultError(f"scope must be user, shared or global, not {fault.scope!r}")
        if fault.times is not None and (not isinstance(fault.times, int) or fault.times < 1):
            raise BadFaultError(f"times must be a number from 1, or null, not {fault.times!r}")
        if not all(isinstance(value, int | float) for value in (fault.delay_s, fault.retry_after)):
            raise BadFaultError("delay_s and retry_after must be seconds")
        return fault

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

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for this call, using it up once."""
        call = f"{method} {masked(path)}"
        for fault in self.pending:
            if fnmatchcase(call, fault.route) or fnmatchcase(f"* {masked(path)}", fault.route):
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

"""Who may spend how much: the limits, what a member used, and the refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from hailuo.settings import Settings


BILLED_PER_QUOTA: Final = 3
"""How often over a member's quota may be billed: failures are given back, yet may cost money."""
LINE_PER_SERVER: Final = 500
"""How many jobs may wait in a server's line: more would wait for hours."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's caps; ``per_day`` None means no cap."""

    per_user: int
    window: timedelta
    live_per_user: int
    live_per_server: int
    """Jobs of one server that may run at once; more wait in its line."""
    per_day: int | None

    @property
    def billed_per_user(self) -> int:
        """How many of a member's jobs may be on the operator's bill within the window."""
        return BILLED_PER_QUOTA * self.per_user

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Take the caps from the settings."""
        return cls(
            per_user=settings.quota_per_user,
            window=settings.quota_window,
            live_per_user=settings.max_live_per_user,
            live_per_server=settings.max_live_per_server,
            per_day=settings.max_jobs_per_day or None,
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """What stands against the limits at one moment."""

    used: int
    next_free_at: datetime | None
    """When the member may make one more than now; None when none is counted."""
    billed: int
    """What may be on the operator's bill, failures included: sent in the window, or not yet."""
    next_billed_at: datetime | None
    live_of_user: int
    waiting_of_user: int
    """Of these, what has not begun."""
    live_in_server: int
    waiting_in_server: int
    today: int
    """Jobs of all servers that may have been paid for in the last 24 hours, or may yet be."""
    next_today_at: datetime | None
    paused: bool


class QuotaError(HailuoError):
    """A job may not start now; nothing was counted."""


class PausedError(QuotaError):
    """The operator stopped new jobs."""

    sentence: ClassVar[str] = N_(
        "New videos are paused by the people who run this bot. "
        "Nothing was counted; please try again later."
    )


class QuotaExhaustedError(QuotaError):
    """The member used all of the window's videos."""

    sentence: ClassVar[str] = N_(
        "You have used all your videos ({limit} in {hours} h). "
        "Nothing was counted; the next one frees up {next_free}."
    )


class TooManyFailuresError(QuotaError):
    """So many of the member's jobs failed, or were cancelled, once sent that it costs too much."""

    sentence: ClassVar[str] = N_(
        "Too many of your videos failed or were cancelled lately, and each may have cost money. "
        "Nothing was counted; the next one frees up {next_free}."
    )


class TooManyLiveError(QuotaError):
    """The member has as many jobs running as allowed."""

    sentence: ClassVar[str] = N_(
        "You already have {limit} running, which is as many as one member may have at once. "
        "Nothing was counted; wait for one to finish, or cancel one."
    )


class ServerBusyError(QuotaError):
    """The server's line is as long as it may be."""

    sentence: ClassVar[str] = N_(
        "{waiting} videos wait in this server's line already, and it takes no more. "
        "Nothing was counted; please try again later."
    )


class DayIsFullError(QuotaError):
    """All servers together reached the day's cap."""

    sentence: ClassVar[str] = N_(
        "This bot has made as many videos as it may in a day. "
        "Nothing was counted; the next one frees up {next_free}."
    )


def check(limits: Limits, usage: Usage) -> None:
    """Raise the refusal that a new job meets, the most lasting first; else return."""
    if usage.paused:
        raise PausedError
    if usage.used >= limits.per_user:
        raise QuotaExhaustedError(
            limit=limits.per_user,
            hours=int(limits.window.total_seconds() // 3600),
            next_free=usage.next_free_at,
        )
    if usage.billed >= limits.billed_per_user:
        raise TooManyFailuresError(next_free=usage.next_billed_at)
    if limits.per_day is not None and usage.today >= limits.per_day:
        raise DayIsFullError(next_free=usage.next_today_at)
    if usage.live_of_user >= limits.live_per_user:
        raise TooManyLiveError(limit=limits.live_per_user)
    if usage.live_in_server >= limits.live_per_server + LINE_PER_SERVER:
        raise ServerBusyError(waiting=usage.waiting_in_server)

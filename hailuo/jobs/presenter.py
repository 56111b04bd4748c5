"""How the engine shows a job to people, without knowing where they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from hailuo.errors import HailuoError
from hailuo.wording import N_

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hailuo.jobs.job import Job, JobId


class Behind(StrEnum):
    """What a job in line waits for."""

    SERVER = "server"
    """Room among its server's running jobs."""
    API = "api"
    """RunComfy, which takes no more for now."""
    PAUSE = "pause"
    """The operator, who has paused the bot."""


EXACT_UNTIL: Final = 20
"""Up to this place in a queue each step forward is told; farther back, each tenth of the way."""


def has_moved(told: int, now: int) -> bool:
    """Tell whether a place in a queue is worth telling anew, after ``told`` was."""
    return now != told and (now <= EXACT_UNTIL or abs(now - told) >= told // 10)


@dataclass(frozen=True, slots=True)
class Place:
    """A job's place in line."""

    number: int | None
    """1 is next; None where the card can no longer keep up with it."""
    behind: Behind
    exact: bool = True
    """Whether each step forward is told; far back only each tenth of the way is."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead of a live job, as far as anybody can know."""

    queue_position: int | None = None
    """The API's own count of the place in its queue; None where it does not tell."""
    ready_from: datetime | None = None
    ready_until: datetime | None = None
    """Between these the video is expected; None while nothing was learned yet."""
    place: Place | None = None
    """Our own line; None for a job that does not wait in it."""


class Delivery(StrEnum):
    """How the attempt to hand over a video ended."""

    DELIVERED = "delivered"
    NOWHERE = "nowhere"
    """Every way to the member is gone for good; the video is kept."""


class CardError(HailuoError):
    """The card could not be drawn."""


class CardDelayedError(CardError):
    """The card cannot be reached at the moment; it is worth trying again."""

    retryable: ClassVar[bool] = True


class CardTooLargeError(CardError):
    """The place does not take a file of this size, whatever it promised."""

    sentence: ClassVar[str] = N_(
        "The picture is too large to be posted here, and the bot posts it with its answer. "
        "Nothing was counted; please try a smaller file."
    )


class CardGoneError(CardError):
    """Every way to the card is gone for good."""

    sentence: ClassVar[str] = N_(
        "The bot could not post its message here, so it started nothing. Nothing was counted; "
        "check that it may view this channel, send messages and attach files, then try again."
    )


class AlarmDelayedError(HailuoError):
    """An operator cannot be reached at the moment; it is worth trying again."""

    retryable: ClassVar[bool] = True


class Alarm(Protocol):
    """Tells the operators what needs their decision."""

    async def __call__(self, job: Job) -> None:
        """Tell them of a job of unknown fate; safe to repeat. Raises `AlarmDelayedError`.

        An operator who is out of reach for good is no error.
        """
        ...


class Presenter(Protocol):
    """Draws a job's one living message."""

    async def open(self, job: Job, picture: Path) -> str:
        """Draw the card with its picture and return the picture's public URL, fresh.

        Safe to repeat, also where the last URL has grown old. Raises `CardDelayedError`,
        `CardGoneError` or `CardTooLargeError`.
        """
        ...

    def stands(self, job: Job) -> bool:
        """Tell whether the card may still be where it was, its picture with it."""
        ...

    def update(self, job: Job, outlook: Outlook) -> None:
        """Have the card show a live job's progress soon; never waits and never fails."""
        ...

    async def close(self, job: Job) -> None:
        """Draw the end of a job that has no video to hand over.

        Safe to repeat. Raises `CardDelayedError`; a card that is gone needs no drawing.
        """
        ...

    def upload_limit(self, job: Job) -> int:
        """Return how many bytes of video the job's message may carry now."""
        ...

    async def deliver(self, job: Job, video: Path | None, picture: Path) -> Delivery:
        """Hand over the video, exactly once, by whatever way is left.

        ``video`` None says that the file is too large for this place: its link is handed over.
        Safe to repeat, after a crash too. Raises `CardDelayedError` and `CardTooLargeError`.
        """
        ...

    def forget(self, job_id: JobId) -> None:
        """Drop all that is held in memory of a job that is settled, or another worker's."""
        ...

    async def remove(self, job: Job) -> bool:
        """Take the card of a job that has ended away, and what was posted in its place.

        Returns whether nothing of them stands now: what is gone already is no error, and what
        the bot may not touch still stands. Safe to repeat. Raises `CardDelayedError`.
        """
        ...

"""What a member can ask of their history: which jobs, and which page of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hailuo.jobs.job import LIVE, JobId, JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hailuo.jobs.job import Job


class Standing(StrEnum):
    """How a job stands, as coarsely as a member tells it apart."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCLEAR = "unclear"


STATES: Final[Mapping[Standing, frozenset[JobState]]] = {
    Standing.RUNNING: LIVE,
    Standing.DONE: frozenset({JobState.DELIVERED, JobState.KEPT}),
    Standing.FAILED: frozenset({JobState.FAILED}),
    Standing.CANCELLED: frozenset({JobState.CANCELLED}),
    Standing.UNCLEAR: frozenset({JobState.UNKNOWN}),
}


@dataclass(frozen=True, slots=True)
class Search:
    """Which jobs: of one standing, and with all these words in their prompt."""

    standing: Standing | None = None
    words: str = ""


ALL: Final = Search()


class Turn(StrEnum):
    """Which way to turn the page."""

    NEWEST = "first"
    NEWER = "newer"
    OLDER = "older"
    OLDEST = "last"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a history: at an end, or beside a job."""

    turn: Turn = Turn.NEWEST
    beside: JobId | None = None


NEWEST: Final = Place()


@dataclass(frozen=True, slots=True)
class Kin:
    """What a job came from and what came from it, as far as its member may see that."""

    parent: Job | None = None
    children: tuple[Job, ...] = ()
    """The first few, oldest first."""
    more: int = 0
    """How many children there are beside these."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a history, newest first."""

    jobs: tuple[Job, ...]
    newer: bool = False
    """Whether there are newer ones than on this page."""
    older: bool = False
    kin: Mapping[JobId, Kin] = field(default_factory=dict[JobId, Kin])
    """The lineage of those jobs that have any."""

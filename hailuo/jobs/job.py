"""A job: its states, the moves allowed between them, and the record of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hailuo.wording import Wording

JobId = NewType("JobId", str)
UserId = NewType("UserId", int)
GuildId = NewType("GuildId", int)
ChannelId = NewType("ChannelId", int)
WorkerId = NewType("WorkerId", str)

_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"
JOB_ID_LENGTH: Final = 13
JOB_ID_PATTERN: Final = rf"[{_BASE32}]{{{JOB_ID_LENGTH}}}"


def job_id_of(interaction_id: int) -> JobId:
    """Return the job id of an interaction: its 64 bits as 13 base32 characters.

    The same interaction delivered twice names the same job, ids sort by age, and one fits
    a custom id (100 characters) and a nonce (25) with room for a purpose beside it.
    """
    digits = [_BASE32[(interaction_id >> shift) & 31] for shift in range(60, -1, -5)]
    return JobId("".join(digits))


class JobState(StrEnum):
    """Where a job stands."""

    ACCEPTED = "accepted"
    """Quota is held; the card is being drawn, or stands and waits its turn; nothing was sent."""
    SUBMITTING = "submitting"
    """The paid request may be on its way; never sent a second time from here."""
    IN_QUEUE = "in_queue"
    """The API took it and gave it a request id."""
    IN_PROGRESS = "in_progress"
    """The API renders it; it can no longer be cancelled."""
    FETCHING = "fetching"
    """The API is done; its video is on the way to our disk."""
    DELIVERING = "delivering"
    """The video is ours and on its way to the member."""
    DELIVERED = "delivered"
    """The member has the video."""
    FAILED = "failed"
    """No video; the member's quota was returned."""
    CANCELLED = "cancelled"
    """Stopped in time; the member's quota was returned."""
    UNKNOWN = "unknown"
    """We cannot tell whether the API took it; an operator decides."""
    KEPT = "kept"
    """The video is ours, but there is nowhere left to show it; /history has it."""


ENDS: Final = frozenset(
    {
        JobState.DELIVERED,
        JobState.FAILED,
        JobState.CANCELLED,
        JobState.UNKNOWN,
        JobState.KEPT,
    }
)
LIVE: Final = frozenset(JobState) - ENDS
RUNNING: Final = LIVE - {JobState.ACCEPTED}
"""What takes up room in its server: an accepted job waits its turn."""
CANCELLABLE: Final = frozenset({JobState.ACCEPTED, JobState.SUBMITTING, JobState.IN_QUEUE})
"""From ``in_progress`` on the API finishes what it began, and it counts."""

MOVES: Final[Mapping[JobState, frozenset[JobState]]] = {
    JobState.ACCEPTED: frozenset({JobState.SUBMITTING, JobState.CANCELLED, JobState.FAILED}),
    JobState.SUBMITTING: frozenset(
        {
            JobState.ACCEPTED,  # provably not taken ("later"): back to its place in line
            JobState.IN_QUEUE,
            JobState.FAILED,
            JobState.UNKNOWN,
        }
    ),
    JobState.IN_QUEUE: frozenset(
        {JobState.IN_PROGRESS, JobState.FETCHING, JobState.CANCELLED, JobState.FAILED}
    ),
    JobState.IN_PROGRESS: frozenset({JobState.FETCHING, JobState.CANCELLED, JobState.FAILED}),
    JobState.FETCHING: frozenset({JobState.DELIVERING, JobState.FAILED}),
    JobState.DELIVERING: frozenset(
        {
            JobState.FETCHING,  # the file was lost; the API still has it
            JobState.DELIVERED,
            JobState.KEPT,
        }
    ),
    JobState.UNKNOWN: frozenset({JobState.IN_QUEUE, JobState.FAILED}),
    JobState.DELIVERED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.KEPT: frozenset(),
}


@dataclass(frozen=True, slots=True)
class CardAddress:
    """All that is needed to reach the job's one message, from any process.

    ``memory`` belongs to whoever draws the card: the engine stores it and does not read it.
    """

    message_id: int | None
    token: str = field(repr=False)
    token_expires_at: datetime
    upload_limit: int
    app_permissions: int
    memory: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Request:
    """What a member asked for, and how their answer can be reached."""

    interaction_id: int
    user_id: UserId
    guild_id: GuildId | None
    channel_id: ChannelId
    prompt: str
    prompt_optimizer: bool
    card: CardAddress
    locale: str
    """The member's language, as Discord names it: for what they alone read."""
    server_locale: str | None = None
    """The server's language, for the card; None in a DM."""
    private: bool = False
    """Whether the card is for its member alone, in their DM."""
    parent_id: JobId | None = None
    """The job whose picture or video this one began with."""
    picture_of: UserId | None = None
    """Whose picture it is, where it is not the member's own."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The clean picture a job animates: ``name`` is relative to the picture folder."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Video:
    """The finished video: ``name`` is relative to the video folder, ``url`` the API's own."""

    name: str
    url: str
    size: int
    width: int
    height: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the store has it."""

    id: JobId
    request: Request
    picture: Picture
    state: JobState
    created_at: datetime
    state_at: datetime
    owner: WorkerId | None
    request_id: str | None = None
    lined_up_at: datetime | None = None
    """Since when it stands in line for its turn; kept when it begins."""
    submitted_at: datetime | None = None
    rendering_at: datetime | None = None
    rendered_at: datetime | None = None
    last_queued_at: datetime | None = None
    """When a look last found it in the queue; known once it has left."""
    last_undone_at: datetime | None = None
    """When a look last found it not done; known once it is."""
    finished_at: datetime | None = None
    cancel_asked_at: datetime | None = None
    cancel_asked_by: UserId | None = None
    reason: Wording | None = None
    """Why it ended as it did, for its member; one that was given back and goes on keeps it."""
    video: Video | None = None
    announced: bool = False
    deleted_at: datetime | None = None
    """When its member had it deleted: no list shows it any more, the ledgers still count it."""

    @property
    def live(self) -> bool:
        """Whether the job still has a way to go."""
        return self.state in LIVE

    @property
    def cancel_pending(self) -> bool:
        """Whether somebody asked for the job's end and it can still come true."""
        return self.cancel_asked_at is not None and self.state in CANCELLABLE

    @property
    def given_back(self) -> bool:
        """Whether its member had it back while its fate was unknown: it counts no more."""
        return self.reason is not None and self.state is not JobState.FAILED

"""One accepted request: its input, its stage and its times."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType

from .clock import iso

if TYPE_CHECKING:
    import asyncio

    from .pictures import Picture
    from .rules import Input

RequestId = NewType("RequestId", str)

LEDGER_URL_LENGTH = 200  # a data URI is megabytes long


class Stage(StrEnum):
    """Where a request is; the first four are the API page's words, `failed` the vendor clients'."""

    IN_QUEUE = "in_queue"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self not in {Stage.IN_QUEUE, Stage.IN_PROGRESS}


_PATH = (Stage.IN_QUEUE, Stage.IN_PROGRESS, Stage.COMPLETED)


@dataclass(slots=True)
class Overrides:
    """What the control API makes one request say instead of the truth."""

    word: str | None = None  # the status, on both routes
    result_fields: dict[str, Any] = field(default_factory=dict)
    completed_but_failed: bool = False
    expired: bool = False


@dataclass(slots=True, eq=False)
class Generation:
    """A request on its way through queue and rendering."""

    request_id: RequestId
    model_id: str
    input: Input
    accepted_at: float
    queue_s: float
    render_s: float
    picture: Picture | None
    stage: Stage = Stage.IN_QUEUE
    started_at: float | None = None
    finished_at: float | None = None
    error: object = None
    overrides: Overrides = field(default_factory=Overrides)
    alarm: asyncio.Future[float] | None = None  # ends the present stage; may be rung early
    hurried_to: Stage | None = None

    @property
    def stages_ahead(self) -> tuple[Stage, ...]:
        """The stages that a request that goes well has still to reach."""
        if self.stage.is_final:
            return ()
        return _PATH[_PATH.index(self.stage) + 1 :]

    def start(self, moment: float) -> None:
        """Leave the queue."""
        self.stage, self.started_at = Stage.IN_PROGRESS, moment

    def end(self, stage: Stage, moment: float, error: object = None) -> None:
        """Reach a final stage."""
        self.stage, self.finished_at, self.error = stage, moment, error

    def as_ledger_entry(self) -> dict[str, Any]:
        """Return what `GET /sandbox/ledger` shows of it; a long data URI is shortened."""
        url = self.input.image_url
        if len(url) > LEDGER_URL_LENGTH and url.startswith("data:"):
            url = f"{url[:LEDGER_URL_LENGTH]}… ({len(url)} characters)"
        return {
            "request_id": self.request_id,
            "model_id": self.model_id,
            "input": {
                "prompt": self.input.prompt,
                "image_url": url,
                "prompt_optimizer": self.input.prompt_optimizer,
            },
            "status": self.overrides.word or self.stage,
            "accepted_at": iso(self.accepted_at),
            "started_at": iso(self.started_at),
            "finished_at": iso(self.finished_at),
            "error": self.error,
        }

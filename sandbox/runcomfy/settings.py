"""What can be set on the stand-in while it runs, each setting checked when it is set."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from .durations import Duration, Uniform, parse_duration
from .errors import Dialect


class Fetch(StrEnum):
    """When the picture is fetched: before the submit is answered, or when rendering starts."""

    SUBMIT = "submit"
    RENDER = "render"


class NotReady(StrEnum):
    """How `/result` answers for a job that is not finished."""

    STATUS = "200"
    ERROR = "400005"


class OutputKey(StrEnum):
    """Under which key of the output schema the video is found."""

    VIDEO = "video"
    VIDEOS = "videos"
    IMAGE = "image"
    IMAGES = "images"


Length = Annotated[
    Duration, BeforeValidator(parse_duration), PlainSerializer(lambda length: length.as_json())
]
Seconds = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True, ge=0)]
Success = Annotated[int, Field(strict=True, ge=200, lt=300)]


class Settings(BaseModel):
    """The stand-in's behaviour; every name here is a key of `POST /sandbox/settings`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue_s: Length = Uniform(2.0, 5.0)
    render_s: Length = Uniform(8.0, 15.0)
    max_concurrency: Whole | None = None
    time_scale: Seconds = 1.0
    seed: Whole = 1
    fetch: Fetch = Fetch.SUBMIT
    dialect: Dialect = Dialect.DOCS
    not_ready: Annotated[NotReady, BeforeValidator(str)] = NotReady.STATUS
    output_key: OutputKey = OutputKey.VIDEO
    submit_status: Success = 200
    cancel_status: Success = 202
    done_word: str = "succeeded"  # of /result; /status says "completed"
    echo_input: Annotated[bool, Field(strict=True)] = False
    cost_usd: Annotated[float, Field(strict=True, ge=0)] = 0.28
    request_lifetime_s: Seconds | None = None
    video_lifetime_s: Seconds | None = None
    video_s: Seconds = 5.0
    video_bytes: Whole | None = None  # at least so large

    def changed(self, changes: dict[str, Any]) -> Self:
        """Return a copy with these settings; pydantic's ValidationError says which is wrong."""
        return self.model_validate(self.model_dump() | changes)

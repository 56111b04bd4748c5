"""The ways a video cannot be used."""

from __future__ import annotations

from typing import ClassVar

from hailuo.errors import HailuoError
from hailuo.wording import N_


class VideoRefusedError(HailuoError):
    """A video that cannot be used; whether it counted is the job's to say."""

    sentence: ClassVar[str] = N_("The video that came back cannot be used; please try again.")


class VideoUnreadableError(VideoRefusedError):
    """A file that is no video, is damaged, or ends too soon."""

    sentence: ClassVar[str] = N_(
        "The video that came back is damaged and cannot be played; please try again."
    )


class VideoTooCostlyError(VideoRefusedError):
    """A video that takes too much time or memory to work on."""

    sentence: ClassVar[str] = N_(
        "The video that came back takes too long to prepare for posting; please use its link."
    )


class VideoUnfittableError(VideoRefusedError):
    """A video that would be unwatchable under the size that is asked for."""

    sentence: ClassVar[str] = N_(
        "The video cannot be made small enough to be posted here; please use its link."
    )


REFUSALS = (VideoUnreadableError, VideoTooCostlyError, VideoUnfittableError)

"""The ways a child process can fail to answer, each with its sentence."""

from __future__ import annotations

from typing import ClassVar

from hailuo.errors import HailuoError
from hailuo.wording import N_


class PoolBusyError(HailuoError):
    """Every child is at work and the queue before them is full."""

    sentence: ClassVar[str] = N_(
        "I am busy with other files right now. Nothing was counted; please try again in a minute."
    )
    retryable: ClassVar[bool] = True


class ChildError(HailuoError):
    """A child did not answer; the default sentence of the base fits."""

    retryable: ClassVar[bool] = True


class ChildStartError(ChildError):
    """No child could be started, or it could not load its tasks."""


class ChildTimeoutError(ChildError):
    """The job took longer than its wall time and was killed."""


class ChildDiedError(ChildError):
    """The child ended in the middle of a job: a crash, or a limit of the kernel."""


class ChildGarbledError(ChildError):
    """The child answered something that is no answer."""


class TaskRaisedError(ChildError):
    """The task ended with an exception that is no refusal."""

"""The RunComfy Model API: one client, its types and its errors."""

from __future__ import annotations

from hailuo.runcomfy.client import JobHandle, RunComfyClient
from hailuo.runcomfy.models import (
    Accepted,
    Cancelled,
    CancelOutcome,
    CancelUnconfirmed,
    Completed,
    EmptyOutput,
    Failed,
    InProgress,
    InQueue,
    JobInput,
    NotCancellable,
    NotReady,
    Output,
    Refused,
    RequestId,
    Result,
    Status,
    SubmitOutcome,
    SubmitUnknown,
    UnknownStatus,
)

__all__ = [
    "Accepted",
    "CancelOutcome",
    "CancelUnconfirmed",
    "Cancelled",
    "Completed",
    "EmptyOutput",
    "Failed",
    "InProgress",
    "InQueue",
    "JobHandle",
    "JobInput",
    "NotCancellable",
    "NotReady",
    "Output",
    "Refused",
    "RequestId",
    "Result",
    "RunComfyClient",
    "Status",
    "SubmitOutcome",
    "SubmitUnknown",
    "UnknownStatus",
]

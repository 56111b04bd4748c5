"""Three ledgers of what happened, ours, the API's and Discord's, and the promises they must keep.

docs/promises.md states the promises in words; each has its number there and here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine

from hailuo.jobs.job import ENDS, JobState
from hailuo.store.tables import jobs, member_ledger, operator_ledger

if TYPE_CHECKING:
    from collections.abc import Collection

HELD = ("hold",)
SPENT = ("hold", "spend")
RETURNED = ("hold", "return")
COUNTED_ENDS = {JobState.DELIVERED, JobState.KEPT}


@dataclass(frozen=True, slots=True)
class Ours:
    """A job as our store has it; its prompt is what names it in all three ledgers."""

    prompt: str
    user: int
    state: JobState
    announced: bool
    request_id: str | None
    member: tuple[str, ...]
    operator: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A paid request that the API took."""

    prompt: str
    request_id: str
    end: str
    """How it ended, in the API's own word; where it has not, how it stands."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with a video on Discord."""

    prompt: str
    message_id: str


async def read_ours(url: str) -> list[Ours]:
    """Read our ledger, whoever else uses the database."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(jobs))).all()
        lines: list[defaultdict[str, list[str]]] = []
        for ledger in (member_ledger, operator_ledger):
            entries: defaultdict[str, list[str]] = defaultdict(list)
            query = select(ledger.c.job_id, ledger.c.entry).order_by(ledger.c.closes)
            for job_id, entry in await connection.execute(query):
                entries[job_id].append(entry)
            lines.append(entries)
    await engine.dispose()
    return [
        Ours(
            prompt=row.prompt,
            user=row.user_id,
            state=JobState(row.state),
            announced=row.announced,
            request_id=row.request_id,
            member=tuple(lines[0][row.id]),
            operator=tuple(lines[1][row.id]),
        )
        for row in rows
    ]


def broken_promises(
    ours: Collection[Ours],
    taken: Collection[Taken],
    shown: Collection[Shown],
    *,
    accepted: Collection[str],
    limit: int,
) -> list[str]:
    """Return every promise that the ledgers, compared at rest, show broken."""
    by_prompt = {job.prompt: job for job in ours}
    broken = [f"1 lost: {prompt}" for prompt in accepted if prompt not in by_prompt]
    broken += [f"1 twice: {prompt}" for prompt, n in _counts(ours) if n > 1]
    broken += [f"2 paid {n} times: {prompt}" for prompt, n in _counts(taken) if n > 1]
    broken += [
        f"3 paid in silence: {request}"
        for request in taken
        if not _accounted_for(request, by_prompt.get(request.prompt))
    ]
    broken += [
        f"4 not at rest: {job.prompt} is {job.state}"
        for job in ours
        if job.state not in ENDS or not job.announced
    ]
    sent = {request.prompt for request in taken}
    for job in ours:
        broken += [f"5 {job.prompt} {job.state}: {what}" for what in _wrong_lines(job, sent)]
    used = Counter(job.user for job in ours if job.member != RETURNED)
    broken += [f"6 over quota: {user} used {n}" for user, n in used.items() if n > limit]
    videos = Counter(message.prompt for message in shown)
    broken += [
        f"7 {videos[job.prompt]} videos: {job.prompt} {job.state}"
        for job in ours
        if videos[job.prompt] != (job.state is JobState.DELIVERED)
    ]
    broken += [
        f"11 thrown away: {request} is {by_prompt[request.prompt].state}"
        for request in taken
        if _thrown_away(request, by_prompt.get(request.prompt))
    ]
    return broken


def _counts(entries: Collection[Ours] | Collection[Taken]) -> list[tuple[str, int]]:
    return list(Counter(entry.prompt for entry in entries).items())


def _accounted_for(request: Taken, job: Ours | None) -> bool:
    """Tell whether a paid request is a job's, or its job is flagged as of unknown fate."""
    if job is None:
        return False
    return job.request_id == request.request_id or (
        job.state is JobState.UNKNOWN and job.request_id is None
    )


def _thrown_away(request: Taken, job: Ours | None) -> bool:
    """Tell whether a job gave up a request that it has, though the API's word was another."""
    if job is None or job.request_id != request.request_id or job.state in COUNTED_ENDS:
        return False
    return job.state != request.end  # both sides say `failed` and `cancelled`


def _wrong_lines(job: Ours, sent: Collection[str]) -> list[str]:
    if job.state is JobState.UNKNOWN:
        member, operator = HELD, HELD
    elif job.state in COUNTED_ENDS:
        member, operator = SPENT, SPENT
    else:
        member, operator = RETURNED, SPENT if job.prompt in sent else RETURNED
    wrong = [f"the member's ledger says {job.member}"] if job.member != member else []
    if job.operator != operator:
        wrong.append(f"the operator's ledger says {job.operator}")
    return wrong

"""Whose turn it is: the fair order of a line."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from hailuo.jobs.job import GuildId, JobId, UserId, WorkerId


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that stands in line."""

    job_id: JobId
    user_id: UserId
    guild_id: GuildId | None
    since: datetime
    owner: WorkerId | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Everybody who waits, in every server, and what their servers and they have running."""

    waiting: Collection[Waiting]
    running: Mapping[tuple[GuildId | None, UserId], int]
    paused: bool

    def by_server(self) -> Iterator[tuple[GuildId | None, list[Waiting], int]]:
        """Return each server's line in order, and how many of its jobs run; DMs are None."""
        lines: defaultdict[GuildId | None, list[Waiting]] = defaultdict(list)
        for one in self.waiting:
            lines[one.guild_id].append(one)
        running: defaultdict[GuildId | None, dict[UserId, int]] = defaultdict(dict)
        for (guild_id, user_id), count in self.running.items():
            running[guild_id][user_id] = count
        for guild_id, line in lines.items():
            yield guild_id, in_turn(line, running[guild_id]), sum(running[guild_id].values())

    def as_one(self) -> list[Waiting]:
        """Return all who wait as one line, in order."""
        running: Counter[UserId] = Counter()
        for (_, user), count in self.running.items():
            running[user] += count
        return in_turn(self.waiting, running)


def in_turn(waiting: Iterable[Waiting], running: Mapping[UserId, int]) -> list[Waiting]:
    """Return who waits in the order in which they shall begin.

    Each job stands as high as few of its member's would run beside it: those that run already
    and those ahead of it in the line. Among equals the one that has waited longest is first. So
    members take turns, and a line of one's own makes nobody else's longer.
    """
    beside = Counter(running)
    ranked: list[tuple[int, datetime, JobId, Waiting]] = []
    for one in sorted(waiting, key=lambda one: (one.since, one.job_id)):
        ranked.append((beside[one.user_id], one.since, one.job_id, one))
        beside[one.user_id] += 1
    return [one for *_, one in sorted(ranked, key=lambda entry: entry[:3])]

"""A bot's past: jobs that stand in its store before it starts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from hailuo.clock import SystemClock
from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    GuildId,
    JobState,
    Picture,
    Request,
    UserId,
    Video,
    WorkerId,
)
from hailuo.store import Store
from hailuo.store.rows import new_row, video_columns
from hailuo.store.tables import jobs, member_ledger, operator_ledger
from sandbox.discord.ids import ALICE_ID, BOB_ID, GUILD_ID, TEXT_CHANNEL_ID

if TYPE_CHECKING:
    from pathlib import Path

ALICE, BOB = UserId(ALICE_ID), UserId(BOB_ID)
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
VIDEO = Video("v.mp4", "https://files.runcomfy.net/v.mp4", 1234, 1366, 768, 5.6)
Row = dict[str, Any]


@dataclass
class Past:
    """Jobs that were, newest last; `store` puts them where the bot will find them."""

    rows: list[Row] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def job(
        self,
        prompt: str,
        *,
        user: UserId = ALICE,
        state: JobState = JobState.DELIVERED,
        ago: timedelta = timedelta(days=2),
        **columns: Any,
    ) -> str:
        """Add a job; return its id."""
        at = datetime.now(UTC) - ago
        number = next(self._numbers)
        interaction_id = (int((at - EPOCH).total_seconds() * 1000) << 22) + number
        request = Request(
            interaction_id=interaction_id,
            user_id=user,
            guild_id=GuildId(GUILD_ID),
            channel_id=ChannelId(TEXT_CHANNEL_ID),
            prompt=prompt,
            prompt_optimizer=True,
            locale="en-US",
            card=CardAddress(
                message_id=interaction_id + 1,
                token=f"interaction-token-{number}",
                token_expires_at=at + timedelta(minutes=15),
                upload_limit=10_000_000,
                app_permissions=0,
            ),
        )
        picture = Picture(f"{number}.png", 640, 480)
        row = new_row(request, picture, WorkerId("the-past"), at)
        end = {"announced": True, "finished_at": at + timedelta(seconds=9)}
        seen = video_columns(VIDEO) if state is JobState.DELIVERED else {}
        self.rows.append({**row, **end, "state": state, **seen, **columns})
        return row["id"]

    async def store(self, folder: Path) -> None:
        """Write the jobs, with a hold and, where the end is clear, a close, to a bot's folder."""
        columns = sorted({name for row in self.rows for name in row})
        rows = [{name: row.get(name) for name in columns} for row in self.rows]
        holds = [
            {"job_id": row["id"], "closes": 0, "entry": "hold", "at": row["created_at"]}
            for row in rows
        ]
        undecided = {row["id"] for row in rows if row["state"] is JobState.UNKNOWN}
        closes = [
            {**hold, "closes": 1, "entry": "spend"}
            for hold in holds
            if hold["job_id"] not in undecided
        ]
        owners = {row["id"]: row["user_id"] for row in rows}
        lines = [*holds, *closes]
        url = f"sqlite+aiosqlite:///{folder}/hailuo.db"
        async with Store.open(url, SystemClock()) as store:
            for table, values in (
                (jobs, rows),
                (member_ledger, [{**line, "user_id": owners[line["job_id"]]} for line in lines]),
                (operator_ledger, lines),
            ):
                statement = insert(table)
                await store._database.write(
                    lambda connection, statement=statement, values=values: connection.execute(
                        statement, values
                    ).close()
                )

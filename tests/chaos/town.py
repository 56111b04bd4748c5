"""Several bot processes that share a database: one for each shard."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.acceptance.playground import Api, BotProcess, Playground, Stage
from tests.chaos.counts import count
from tests.chaos.house import PLENTY, House
from tests.forks import run_bot

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

PROCESSES = count("PROCESSES", 2)


class Town:
    """The processes, one per shard, that share a database and a data folder."""

    def __init__(self, bots: list[BotProcess], here: House, url: str) -> None:
        self.bots = bots
        self.here = here
        self.stage = here.stage
        self.url = url

    async def owners(self) -> dict[str, int]:
        """Return how many jobs that are not settled each worker owns."""
        rows = await self.sql("SELECT owner, count(*) FROM jobs WHERE NOT announced GROUP BY owner")
        return {row[0]: row[1] for row in rows}

    async def sql(self, statement: str, **values: str) -> list[tuple[Any, ...]]:
        """Run a statement; return its rows."""
        engine = create_async_engine(self.url)
        async with engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    async def make_old(self, worker: str) -> None:
        """Let a worker's last heartbeat be one that others take for its death."""
        await self.sql(
            "UPDATE workers SET heartbeat_at = heartbeat_at - interval '1 minute' WHERE id = :id",
            id=worker,
        )

    async def taken_over(self, worker: str) -> bool:
        """Tell whether none of a worker's jobs is its own any more."""
        return worker not in await self.owners()

    def running(self, worker: str) -> BotProcess:
        """Return the process of a worker."""
        return next(bot for bot in self.bots if worker in bot.log)


@asynccontextmanager
async def town(folder: Path, urls: Sequence[str], playground: Playground) -> AsyncGenerator[Town]:
    """Run a process for each address of the one database, for as long as the block runs."""
    (folder / "data").mkdir()
    bots: list[BotProcess] = []
    async with AsyncExitStack() as stack:
        for shard, url in enumerate(urls):
            own = folder / str(shard)
            own.mkdir()
            shards = {"SHARD_IDS": str(shard), "SHARD_COUNT": str(len(urls))}
            place = {"DATABASE_URL": url, "DATA_DIR": str(folder / "data")}
            bots.append(BotProcess(playground, own, PLENTY | shards | place, run=run_bot))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stage = Stage(
            Api(session, playground.discord_url), Api(session, playground.runcomfy_url), bots[0]
        )
        for bot in bots:
            bot.start()
        try:
            await stage.bot_is_ready()
            yield Town(bots, House(stage, random.Random(1)), urls[0])
        finally:
            for bot in bots:
                if bot.process is not None:
                    await asyncio.to_thread(bot.stop)

"""The real bot as a process that is killed again and again, between the two stand-ins."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.acceptance.pictures import picture
from tests.acceptance.playground import (
    PATIENCE_S,
    ActRefusedError,
    Api,
    BotProcess,
    Stage,
    media_of,
    stand_ins,
    texts_of,
)
from tests.chaos.ledgers import Ours, Shown, Taken, broken_promises, read_ours

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncGenerator
    from pathlib import Path

Json = dict[str, Any]
PLENTY = {
    "QUOTA_PER_USER": "9999",
    "MAX_LIVE_PER_USER": "9999",
    "MAX_LIVE_PER_SERVER": "9999",
    "MAX_JOBS_PER_DAY": "0",
}
REST_WITHIN_S = 6 * PATIENCE_S
PICTURE = picture()


class House:
    """A stage whose bot dies, and the jobs that members began on it."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self.stage = stage
        self.rng = rng
        self.prompts: list[str] = []
        self._asked: str | None = None

    async def begin(self) -> str | None:
        """Use /animate, if the bot is there to hear it; return the prompt."""
        prompt = f"job {len(self.prompts)}"
        self.prompts.append(prompt)
        try:
            who = self.rng.choice(["alice", "bob"])
            self._asked = await self.stage.animate(PICTURE, prompt=prompt, who=who)
        except (ActRefusedError, aiohttp.ClientError):
            return None  # Discord has no session to hand it to
        return prompt

    async def begin_again_if_refused(self) -> None:
        """Use /animate once more where nothing came of the last time: the machine may be busy."""
        if self._asked is not None:
            answer = await self.stage.interaction(self._asked)
            if not (answer["failed"] or answer["ephemeral"]):
                return
        await self.begin()

    async def insist(self, jobs: int = 1) -> None:
        """Use /animate until there are so many jobs, one more than before."""
        self._asked = None

        async def accepted() -> bool:
            if len(await self.ours()) >= jobs:
                return True
            await self.begin_again_if_refused()
            return False

        await self.stage.until(accepted, "a job comes of it", REST_WITHIN_S)

    async def die(self) -> None:
        """Kill the bot as a power cut would, and start it again."""
        await asyncio.to_thread(self.stage.bot.kill)
        await self.start()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask the bot to end, by a signal; return its exit code."""
        return await asyncio.to_thread(self.stage.bot.stop, number)

    async def start(self) -> None:
        """Start the bot and wait until it hears members again."""
        starts = self.stage.bot.log.count("worker started")
        self.stage.bot.start()

        async def back() -> bool:
            connected = (await self.stage.discord.get("/sandbox/world"))["connected"]
            return connected and self.stage.bot.log.count("worker started") > starts

        await self.stage.until(back, "the bot is back")

    async def videos(self) -> int:
        """Return how many messages hold a video."""
        return len(await self._shown())

    async def ours(self) -> list[Ours]:
        """Read our own ledger."""
        return await read_ours(self.stage.bot.environment()["DATABASE_URL"])

    async def rest(self, within: float = REST_WITHIN_S) -> list[Ours]:
        """Wait until every job is settled; return them."""

        async def at_rest() -> list[Ours]:
            ours = await self.ours()
            return ours if all(job.announced for job in ours) else []

        return await self.stage.until(at_rest, "every job is settled", within)

    async def broken_promises(self) -> list[str]:
        """Compare the three ledgers, and see that no dead token was used."""
        taken = [
            Taken(request["input"]["prompt"], request["request_id"], request["status"])
            for request in await self.stage.submits()
        ]
        broken = broken_promises(
            await self.ours(),
            taken,
            await self._shown(),
            accepted=await self._drawn(),
            limit=9999,
        )
        calls = (await self.stage.discord.get("/sandbox/ledger"))["calls"]
        dead = [call for call in calls if call["status"] == 401]
        return broken + [f"8 dead token used: {call['route']}" for call in dead]

    async def _shown(self) -> list[Shown]:
        """Return the messages that hold a video."""
        return [
            Shown(_prompt(message), message["id"])
            for message in await self.stage.messages()
            if any(item["content_type"].startswith("video/") for item in media_of(message))
        ]

    async def _drawn(self) -> list[str]:
        """Return the jobs that members have seen a card of."""
        return [_prompt(message) for message in await self.stage.messages() if _prompt(message)]


def _prompt(message: Json) -> str:
    found = re.search(r"> (job \d+)", texts_of(message))
    return found[1] if found else ""


@asynccontextmanager
async def house(
    folder: Path,
    rng: random.Random,
    bot: type[BotProcess] = BotProcess,
    *,
    running: bool = True,
    **settings: str,
) -> AsyncGenerator[House]:
    """Run both stand-ins and, from the start or when the block says so, the bot."""
    with stand_ins() as playground:
        process = bot(playground, folder, PLENTY | settings)
        async with aiohttp.ClientSession() as session:
            stage = Stage(
                Api(session, playground.discord_url), Api(session, playground.runcomfy_url), process
            )
            try:
                if running:
                    process.start()
                    await stage.bot_is_ready()
                else:
                    stage.world = await stage.discord.get("/sandbox/world")
                yield House(stage, rng)
            finally:
                if process.process is not None:
                    await asyncio.to_thread(process.stop)

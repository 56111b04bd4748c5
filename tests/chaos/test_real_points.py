"""The real bot kills itself at every named point of a job's life; afterwards three ledgers agree.

The same is done in pairs, and over recovery, by `test_points.py`, in process.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.acceptance.playground import (
    PATIENCE_S,
    ActRefusedError,
    BotProcess,
    components,
    texts_of,
)
from tests.chaos.counts import count
from tests.chaos.doomed import run_doomed_bot
from tests.chaos.house import House, house
from tests.chaos.world import Fate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from tests.acceptance.playground import Json

SEED = count("SEED", 1)
REAL_SINGLES = count("REAL_SINGLES", 2)
"""Points to die at, of a smooth life, drawn by the seed; 0 is all of them, of every fate."""
PARTS = 1 if REAL_SINGLES else 4
FATES = [Fate.SMOOTH] if REAL_SINGLES else list(Fate)
PASSINGS = 3
"""Looks and edits repeat; after so many of a kind the next is like the last."""

pytestmark = pytest.mark.timeout(7200)


@dataclass
class DoomedBot(BotProcess):
    """A bot that dies at the passing of a point, where one is named."""

    run: Callable[[], int] = run_doomed_bot
    die_at: str = ""

    def environment(self) -> dict[str, str]:
        """Return the bot's environment, with its doom."""
        doom = {"DIE_AT": self.die_at, "POINTS_PASSED": str(self.folder / "points")}
        return super().environment() | doom

    @property
    def dead(self) -> bool:
        """Whether the process has ended by itself."""
        return self.process is not None and self.process.poll() is not None


class Life:
    """A world of one fate, in which a member's job is lived through once."""

    def __init__(self, here: House, fate: Fate, bot: DoomedBot) -> None:
        self.here = here
        self.fate = fate
        self.bot = bot

    async def live(self, die_at: str = "") -> bool:
        """Begin a job and die at this point, recover and rest; tell whether it came to that."""
        await self._set_fate()
        meddling = asyncio.create_task(self._meddle(), name="meddler")
        try:
            died = await self._until_death(die_at)
            self.bot.die_at = ""
            if died:
                self.bot.process = None
                await self.here.start()
                if not await self.here.ours():  # it died before the job was one
                    await self.here.insist()
            await self.here.rest()
        finally:
            meddling.cancel()
            await asyncio.gather(meddling, return_exceptions=True)
        assert await self.here.broken_promises() == [], die_at
        await asyncio.to_thread(self.bot.kill)
        return died

    async def _until_death(self, die_at: str) -> bool:
        """Start the bot and have a member begin; return whether it dies before all is at rest."""
        self.bot.die_at = die_at
        self.bot.start()
        await self.here.stage.until(self._hears_or_is_dead, "the bot is there, or dead")
        if not self.bot.dead:
            await self.here.begin()

        async def over() -> bool:
            if self.bot.dead:
                return True
            ours = await self.here.ours()
            if not ours:
                await self.here.begin_again_if_refused()
            return bool(ours) and all(job.announced for job in ours)

        what = f"the end of the job, or death at {die_at}"
        await self.here.stage.until(over, what, 3 * PATIENCE_S)
        return self.bot.dead

    async def _hears_or_is_dead(self) -> bool:
        world = await self.here.stage.discord.get("/sandbox/world")
        return self.bot.dead or (world["connected"] and bool(world["commands"]))

    async def _set_fate(self) -> None:
        runcomfy = self.here.stage.runcomfy
        queue = 0.1 if self.fate in {Fate.SMOOTH, Fate.REFUSED, Fate.ANSWER_LOST} else 1.5
        await runcomfy.post("/sandbox/settings", queue_s=[queue, queue], render_s=[0.2, 0.2])
        paid = {"route": "POST /v1/models/*", "times": None}
        if self.fate is Fate.REFUSED:
            await runcomfy.post("/sandbox/faults", **paid, status=422)
        if self.fate is Fate.ANSWER_LOST:
            await runcomfy.post("/sandbox/faults", **paid, status="drop", after_accept=True)

    async def _meddle(self) -> None:
        """Do to the newest job what its fate says, as soon as the API has it."""
        meddle = {
            Fate.FAILS: self._fail,
            Fate.CANCELLED: self._cancel,
            Fate.CARD_DELETED: self._delete_card,
            Fate.NOWHERE: self._close_every_way,
        }.get(self.fate)
        while meddle is not None:
            submits = await self.here.stage.submits()
            try:
                if submits and await meddle(submits[-1]):
                    return
            except (ActRefusedError, aiohttp.ClientError):
                pass  # the bot is dead just now, or it is too late
            await asyncio.sleep(0.05)

    async def _fail(self, submit: Json) -> bool:
        path = f"/sandbox/requests/{submit['request_id']}"
        await self.here.stage.runcomfy.post(path, status="failed", error="no luck")
        return True

    async def _cancel(self, submit: Json) -> bool:
        card = await self._card(submit)
        labels = [item.get("label") for item in components(card)] if card else []
        if card is None or "Cancel" not in labels:
            return False
        await self.here.stage.press(card, "Cancel", "mod")
        return True

    async def _delete_card(self, submit: Json) -> bool:
        card = await self._card(submit)
        if card is None:
            return False
        await self.here.stage.discord.delete(f"/sandbox/messages/{card['id']}", **{"as": "mod"})
        return True

    async def _close_every_way(self, _: Json) -> bool:
        """Have every edit and every post refused for good, from now until the next job."""
        for route, status, code in (
            ("PATCH /webhooks/*", 404, 10008),
            ("PATCH /channels/*", 404, 10008),
            ("POST /channels/*", 403, 50013),
            ("POST /users/@me/channels", 403, 50007),
        ):
            fault = {"route": route, "status": status, "code": code, "times": None}
            await self.here.stage.discord.post("/sandbox/faults", **fault)
        return True

    async def _card(self, submit: Json) -> Json | None:
        words = f"> {submit['input']['prompt']}"
        cards = [card for card in await self.here.stage.messages() if words in texts_of(card)]
        return cards[-1] if cards else None


@asynccontextmanager
async def life(folder: Path, fate: Fate) -> AsyncGenerator[Life]:
    """Make a world where nothing has happened yet."""
    folder.mkdir()
    async with house(folder, random.Random(SEED), DoomedBot, running=False) as here:
        assert isinstance(here.stage.bot, DoomedBot)
        yield Life(here, fate, here.stage.bot)


async def points_of(folder: Path, fate: Fate) -> list[str]:
    """Return the points that a life without a death passes, each with its passing."""
    async with life(folder, fate) as clean:
        assert not await clean.live()
        passed = (folder / "points").read_text().splitlines()
    if fate is not Fate.SMOOTH:  # the others differ once a member has begun
        passed = passed[passed.index("1 before send: POST /interactions/*/*/callback") :]
    return [point for point in passed if "commit" in point or int(point.split()[0]) <= PASSINGS]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("fate", FATES)
async def test_promises_hold_wherever_the_process_dies(
    fate: Fate, part: int, tmp_path: Path
) -> None:
    points = await points_of(tmp_path / "clean", fate)
    if REAL_SINGLES:
        points = random.Random(SEED).sample(points, min(REAL_SINGLES, len(points)))
    missed: list[str] = []
    for number, point in enumerate(points[part::PARTS]):
        async with life(tmp_path / str(number), fate) as doomed:
            if not await doomed.live(point):
                missed.append(point)
    deaths = len(points[part::PARTS]) - len(missed)
    print(f"{fate}, part {part}: died at {deaths} points, did not come to {missed}")  # noqa: T201 - figures
    # How often a card is edited and a job looked at depends on the moment, and on who cancels.
    assert deaths >= 0.8 * (deaths + len(missed))

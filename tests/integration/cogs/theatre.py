"""A real discord.py client and the real card code against the stand-in, on a clock of their own."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from cogs.ui.budget import InvalidRequests
from cogs.ui.presenter import CardPresenter
from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    GuildId,
    Job,
    JobState,
    Picture,
    Request,
    UserId,
    Video,
    WorkerId,
    job_id_of,
)
from sandbox.discord.control.client import ControlClient
from sandbox.discord.ids import BOT_TOKEN
from sandbox.discord.server import DiscordSandbox
from tests.acceptance.pictures import picture
from tests.integration.sandbox_discord.contract_bot import ContractBot, point_at, running

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    import pytest

    from hailuo.jobs.job import JobId

MIB = 1024 * 1024
ALICE = 1100000000000000011
GUILD = 1100000000000000001
TEXT = 1100000000000000030
INVITED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    attach_files=True,
    read_message_history=True,
    add_reactions=True,
)
Json = dict[str, Any]


class LeapingClock:
    """The system's clock, which a sleep, or a test, moves forward at once."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        """Return seconds."""
        return time.monotonic() + self.ahead.total_seconds()

    def timestamp(self) -> float:
        """Return seconds since 1970, as the stand-in wants them."""
        return self.now().timestamp()

    async def sleep(self, duration: timedelta) -> None:
        """Move on and let others run."""
        self.ahead += max(duration, timedelta(0))
        await asyncio.sleep(0)


@dataclass
class Notebook:
    """Keeps what was learned about cards, as JSON; outlives the process that learned it."""

    memories: dict[JobId, str] = field(default_factory=dict)

    async def remember_card(
        self, job_id: JobId, *, message_id: int | None, memory: Mapping[str, object]
    ) -> None:
        """Keep it."""
        del message_id
        known = json.loads(self.memories.get(job_id, "{}"))
        self.memories[job_id] = json.dumps({**known, **memory})

    def read(self, job: Job) -> Job:
        """Return the job as a store would give it back."""
        memory = json.loads(self.memories.get(job.id, "{}"))
        card = replace(job.request.card, memory=memory)
        return replace(job, request=replace(job.request, card=card))


@dataclass
class Theatre:
    """What a scene needs."""

    sandbox: DiscordSandbox
    person: ControlClient
    client: commands.AutoShardedBot
    clock: LeapingClock
    budget: InvalidRequests
    notebook: Notebook
    folder: Path
    presenter: CardPresenter = field(init=False)

    def __post_init__(self) -> None:
        self.picture = self.folder / "picture.png"
        self.picture.write_bytes(picture())
        self.video = self.folder / "video.mp4"
        self.video.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(2000))
        self.restart()

    def restart(self) -> None:
        """Put a new presenter in the old one's place, as a new process would."""
        self.presenter = CardPresenter(
            self.client,  # pyright: ignore[reportArgumentType]  # it has all that is used of it
            self.notebook,
            self.clock,
            self.budget,
            default_upload_bytes=20 * MIB,
            share=self._share,
        )

    async def _share(self, _job: Job) -> tuple[int, int]:
        return 2, 5

    async def deliver(self, job: Job) -> Any:
        """Hand the job's video over."""
        return await self.presenter.deliver(self.notebook.read(job), self.video, self.picture)

    def videos_posted(self) -> Counter[str]:
        """Return, by job id, in how many messages its video stands."""
        return Counter(
            attachment.filename.removeprefix("hailuo-").removesuffix(".mp4")
            for message in self.sandbox.world.messages.values()
            for attachment in message.attachments
            if attachment.filename.startswith("hailuo-") and not message.deleted
        )

    async def calls(self, route: str) -> list[Json]:
        """Return the calls of a route."""
        return await self.person.calls(route)

    async def invalid_requests(self) -> int:
        """Return how many requests the stand-in counts as invalid."""
        return (await self.person.get("/world"))["invalid_requests"]

    async def interaction(self, channel: int = TEXT) -> discord.Interaction[Any]:
        """Have alice use a command that defers; return the interaction."""
        bot = self.client
        assert isinstance(bot, ContractBot)
        return await bot.does(
            _defer,
            self.person.command(
                "alice", "animate", channel=str(channel), options={"prompt": "waves"}
            ),
        )

    async def animate(self, channel: int = TEXT) -> Job:
        """Have alice use a command that defers; return the job that would come of it."""
        interaction = await self.interaction(channel)
        return job_of(
            interaction.id,
            created_at=self.clock.now(),
            message_id=interaction.extras["message_id"],
            token=interaction.token,
            permissions=interaction.app_permissions,
            channel=channel,
        )


async def _defer(interaction: discord.Interaction[Any], **_: object) -> discord.Interaction[Any]:
    answer = await interaction.response.defer()
    interaction.extras["message_id"] = answer.message_id if answer is not None else None
    return interaction


def job_of(
    number: int,
    *,
    created_at: datetime,
    message_id: int | None = None,
    token: str = "",
    permissions: discord.Permissions = INVITED,
    state: JobState = JobState.DELIVERING,
    channel: int = TEXT,
    guild: int | None = GUILD,
) -> Job:
    return Job(
        id=job_id_of(number),
        request=Request(
            interaction_id=number,
            user_id=UserId(ALICE),
            guild_id=None if guild is None else GuildId(guild),
            channel_id=ChannelId(channel),
            prompt="waves roll in",
            prompt_optimizer=True,
            locale="en-US",
            card=CardAddress(
                message_id=message_id,
                token=token,
                token_expires_at=created_at + timedelta(minutes=15),
                upload_limit=20 * MIB,
                app_permissions=permissions.value,
            ),
        ),
        picture=Picture("picture.png", 400, 320),
        state=state,
        created_at=created_at,
        state_at=created_at,
        owner=WorkerId("me"),
        video=Video("video.mp4", "https://example.com/video.mp4", 2012, 640, 512, 5.0),
    )


@asynccontextmanager
async def logged_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, gateway: bool = False
) -> AsyncGenerator[Theatre]:
    """Open a theatre; with a gateway where people's acts have to reach the client."""
    clock = LeapingClock()
    budget = InvalidRequests(clock)
    async with (
        DiscordSandbox(clock=clock.timestamp) as sandbox,
        ControlClient(f"{sandbox.url}") as person,
    ):
        if gateway:
            async with running(sandbox.url, monkeypatch, http_trace=budget.trace()) as bot:
                yield Theatre(sandbox, person, bot, clock, budget, Notebook(), folder)
            return
        point_at(sandbox.url, monkeypatch)
        async with commands.AutoShardedBot(
            commands.when_mentioned,
            intents=discord.Intents.none(),
            max_ratelimit_timeout=60.0,
            http_trace=budget.trace(),
        ) as client:
            await client.login(BOT_TOKEN)
            await person.post("/settings", rate_limits=False)
            # discord.py sends one at a time to a place until an answer has told its limit.
            await client.get_partial_messageable(TEXT).send("open")
            await (await client.create_dm(discord.Object(ALICE))).send("open")
            yield Theatre(sandbox, person, client, clock, budget, Notebook(), folder)

"""Both stand-ins on a thread of their own, the real bot as a process, and members who use it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import signal
import sqlite3
import threading
import time
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from sandbox.discord.server import DiscordSandbox
from sandbox.runcomfy.server import RunComfySandbox
from tests.forks import BotFork, run_eager_bot
from tests.openapi import SPEC_PATH, Referee

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

ROOT = Path(__file__).parents[2]
DISCORD_TOKEN = "sandbox-discord-token"
RUNCOMFY_TOKEN = "sandbox-runcomfy-token"
PATIENCE_S = float(os.environ.get("PATIENCE_S", "20"))
"""How long to wait for what the bot should do; more where the machine is busy with other things."""
Json = dict[str, Any]


class Playground:
    """The stand-ins, served from a thread so that tests may use loops of their own."""

    def __init__(self, discord_clock: Callable[[], float] = time.time) -> None:
        self.referee = Referee() if SPEC_PATH.exists() else None
        self._discord_clock = discord_clock
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="stand-ins", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(30):
            raise RuntimeError("the stand-ins did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            discord = await stack.enter_async_context(
                DiscordSandbox(observer=self.referee, clock=self._discord_clock)
            )
            runcomfy = await stack.enter_async_context(
                RunComfySandbox(
                    discord_url=discord.url,
                    settings={"queue_s": [0.1, 0.2], "render_s": [0.2, 0.3], "video_s": 1},
                )
            )
            self.discord_url, self.runcomfy_url = discord.url, runcomfy.url
            self._ready.set()
            await self._stop.wait()


@dataclass
class BotProcess:
    """The real ``bot.py`` in a process, against the stand-ins, in a folder of its own."""

    playground: Playground
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: BotFork | None = None
    run: Callable[[], int] = run_eager_bot

    @property
    def log(self) -> str:
        """Everything the process and its predecessors in this folder have logged."""
        path = self.folder / "bot.log"
        return path.read_text() if path.exists() else ""

    def environment(self) -> dict[str, str]:
        """Return the settings as the bot's environment."""
        runcomfy = self.playground.runcomfy_url
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "RUNCOMFY_TOKEN": RUNCOMFY_TOKEN,
            "DISCORD_API_URL": self.playground.discord_url,
            "RUNCOMFY_API_URL": runcomfy,
            "RESULT_HOSTS": runcomfy.removeprefix("http://"),
            "DATABASE_URL": f"sqlite+aiosqlite:///{self.folder}/hailuo.db",
            "DATA_DIR": str(self.folder),
            "HTTP_ADDR": "127.0.0.1:0",
            "OPERATOR_IDS": "1100000000000000014",
            **self.settings,
        }

    def start(self) -> None:
        """Start the process."""
        log = self.folder / "bot.log"
        self.process = BotFork(self.environment(), self.folder, log, self.run)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process by a signal; return its exit code."""
        if self.process is None:
            raise RuntimeError("the bot does not run")
        self.process.send_signal(number)
        code = self.process.wait(10 + PATIENCE_S)
        self.process = None
        return code

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.stop(signal.SIGKILL)


class Api:
    """The control APIs, as documented in docs/sandbox.md."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def get(self, path: str, **query: str) -> Any:
        """Read something."""
        async with self._session.get(f"{self.url}{path}", params=query) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, **body: Any) -> Json:
        """Do something; a refusal is an `ActRefusedError` with the reason."""
        return await self._send("POST", path, body)

    async def delete(self, path: str, **body: Any) -> Json:
        """Take something away."""
        return await self._send("DELETE", path, body)

    async def _send(self, method: str, path: str, body: Json) -> Json:
        async with self._session.request(
            method,
            f"{self.url}{path}",
            data=io.BytesIO(json.dumps(body).encode()),
            headers={"Content-Type": "application/json"},
        ) as response:
            answer = await response.json()
            if response.status == 400:
                raise ActRefusedError(answer["error"])
            response.raise_for_status()
            return answer


class ActRefusedError(Exception):
    """The member's own client, or Discord, would not have let this through."""


class Stage:
    """A world with a running bot, and what people do in it."""

    def __init__(self, discord: Api, runcomfy: Api, bot: BotProcess) -> None:
        self.discord = discord
        self.runcomfy = runcomfy
        self.bot = bot
        self.world: Json = {}

    async def bot_is_ready(self) -> None:
        """Wait until the bot is connected and its commands are registered."""
        await self.until(self._connected, "the bot connects")
        self.world = await self.discord.get("/sandbox/world")

    async def _connected(self) -> bool:
        if self.bot.process is not None and self.bot.process.poll() is not None:
            raise AssertionError(f"the bot ended:\n{self.bot.log[-4000:]}")
        world = await self.discord.get("/sandbox/world")
        return world["connected"] and bool(world["commands"])

    async def restart(self) -> None:
        """Kill the bot as a power cut would, and start it again in the same folder."""
        self.bot.kill()
        before = len(self.bot.log)
        self.bot.start()

        async def is_back() -> bool:
            return "worker started" in self.bot.log[before:] and await self._connected()

        await self.until(is_back, "the bot is back")

    @property
    def channel(self) -> str:
        """The text channel."""
        return self.world["channels"]["text"]

    async def until(
        self, condition: Callable[[], Any], what: str, within: float = PATIENCE_S
    ) -> Any:
        """Poll a condition until it holds; say what was awaited where it never does."""
        deadline = time.monotonic() + within
        while True:
            found = await condition()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain: {what}\n{self.bot.log[-4000:]}")
            await asyncio.sleep(0.05)

    async def animate(
        self,
        picture: bytes,
        *,
        name: str = "picture.png",
        prompt: str = "the waves roll in",
        who: str = "alice",
        channel: str | None = None,
        **more: Any,
    ) -> str:
        """Use /animate; return the interaction's id."""
        answer = await self.discord.post(
            "/sandbox/commands",
            **{"as": who},
            channel=channel or self.channel,
            name="animate",
            options={"prompt": prompt, **more.pop("options", {})},
            files={"image": {"name": name, "base64": base64.b64encode(picture).decode()}},
            **more,
        )
        return answer["interaction"]

    async def command(self, name: str, who: str = "alice", **options: str) -> str:
        """Use another command; return the interaction's id."""
        answer = await self.discord.post(
            "/sandbox/commands", **{"as": who}, channel=self.channel, name=name, options=options
        )
        return answer["interaction"]

    async def interaction(self, interaction: str) -> Json:
        """Return how an interaction was answered so far."""
        return await self.discord.get(f"/sandbox/interactions/{interaction}")

    async def private_answer(self, interaction: str) -> str:
        """Wait for the ephemeral answer and return all its text."""

        async def answered() -> str:
            found = await self.interaction(interaction)
            texts = [texts_of(message) for message in found["ephemeral"]]
            return "\n".join(text for text in texts if text)

        return await self.until(answered, "a private answer")

    async def messages(self, who: str = "bob", channel: str | None = None) -> list[Json]:
        """Return a channel's messages as a member sees them."""
        return await self.discord.get(
            "/sandbox/messages", **{"as": who}, channel=channel or self.channel
        )

    async def card(
        self,
        interaction: str,
        says: str,
        channel: str | None = None,
        within: float = PATIENCE_S,
    ) -> Json:
        """Wait until the interaction's public card says something, and return it."""

        async def found() -> Json | None:
            ids = set((await self.interaction(interaction))["messages"])
            for message in await self.messages(channel=channel):
                if message["id"] in ids and says in texts_of(message):
                    return message
            return None

        return await self.until(found, f"the card says {says!r}", within)

    async def card_at_the_api(self, interaction: str, status: str = "in_queue") -> Json:
        """Return the interaction's card once its job is at the API and has this status there."""

        async def there() -> Json | None:
            ids = set((await self.interaction(interaction))["messages"])
            cards = [card for card in await self.messages() if card["id"] in ids]
            urls = {item["url"].partition("?")[0] for card in cards for item in media_of(card)}
            for submit in await self.submits():
                mine = submit["input"]["image_url"].partition("?")[0] in urls
                recorded = submit["request_id"] in self._stored("request_id")
                if mine and recorded and submit["status"] == status:
                    return cards[0]
            return None

        return await self.until(there, f"the job is {status} at the API")

    async def crossed(self, card: Json) -> None:
        """Wait until a card bears the bot's own ❌, which comes when it comes, after the card."""

        async def there() -> bool:
            (now,) = [message for message in await self.messages() if message["id"] == card["id"]]
            marks = now.get("reactions", ())
            return [(mark["emoji"]["name"], mark["count"]) for mark in marks] == [("❌", 1)]

        await self.until(there, "the card bears a ❌")

    async def press(self, message: Json, label: str, who: str = "alice") -> str:
        """Press a button of a message; return the interaction's id."""
        (button,) = [item for item in components(message) if item.get("label") == label]
        return await self.press_id(message, button["custom_id"], who=who)

    async def press_id(
        self, message: Json, custom_id: str, *values: str, who: str = "alice"
    ) -> str:
        """Press a button, or choose from a menu, by its custom id; return the interaction's id."""
        body = {"message": message["id"], "custom_id": custom_id, "values": list(values)}
        answer = await self.discord.post("/sandbox/components", **{"as": who}, **body)
        return answer["interaction"]

    async def post_as_bot(self, *custom_ids: str) -> Json:
        """Post a public message with buttons of these custom ids, as nobody but the bot can."""
        buttons = [
            {"type": 2, "style": 2, "label": custom_id[:80], "custom_id": custom_id}
            for custom_id in custom_ids
        ]
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.discord.url}/api/v10/channels/{self.channel}/messages",
                headers={"Authorization": f"Bot {DISCORD_TOKEN}"},
                json={"flags": 1 << 15, "components": [{"type": 1, "components": buttons}]},
            ) as response,
        ):
            response.raise_for_status()
            return await response.json()

    async def react(self, message: Json, who: str = "alice", emoji: str = "❌") -> None:
        """React to a message."""
        await self.discord.post(
            "/sandbox/reactions", **{"as": who}, message=message["id"], emoji=emoji
        )

    async def accepted(self, count: int = 1) -> None:
        """Wait until so many jobs stand in the bot's own store."""

        async def there() -> bool:
            return len(self._stored("id")) >= count

        await self.until(there, f"{count} jobs are accepted")

    async def sent(self, count: int = 1) -> None:
        """Wait until so many jobs are at the API, and the bot's own store says so."""

        async def there() -> bool:
            return len(list(filter(None, self._stored("request_id")))) >= count

        await self.until(there, f"{count} jobs are at the API")

    def _stored(self, column: str) -> list[str]:
        """Return what the bot's own store has in a column of every job."""
        url = f"file:{self.bot.folder}/hailuo.db?mode=ro"
        with closing(sqlite3.connect(url, uri=True)) as store:
            return [row[0] for row in store.execute(f"SELECT {column} FROM jobs")]  # noqa: S608 - ours

    async def settled(self, count: int = 1) -> None:
        """Wait until this many jobs are settled: ended, told, and let go."""

        async def enough() -> bool:
            return self.bot.log.count("settled  ") >= count

        await self.until(enough, f"{count} jobs are settled")

    async def submits(self) -> list[Json]:
        """Return the jobs the API has accepted."""
        return (await self.runcomfy.get("/sandbox/ledger"))["requests"]

    async def complete(self) -> None:
        """Have the API finish every job that it has."""
        for submit in await self.submits():
            await self.runcomfy.post(
                f"/sandbox/requests/{submit['request_id']}", status="completed"
            )

    async def download(self, url: str) -> bytes:
        """Fetch a file of the stand-in."""
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            response.raise_for_status()
            return await response.read()


def components(message: Json) -> list[Json]:
    """Return a message's components, flat."""
    found: list[Json] = []

    def walk(item: Json) -> None:
        found.append(item)
        for child in (*item.get("components", ()), item.get("accessory")):
            if child:
                walk(child)

    for item in message.get("components", ()):
        walk(item)
    return found


def texts_of(message: Json) -> str:
    """Return all text a message shows."""
    parts = [message.get("content", "")]
    parts += [item["content"] for item in components(message) if item["type"] == 10]
    return "\n".join(part for part in parts if part)


def media_of(message: Json) -> list[Json]:
    """Return a message's media items: thumbnails and galleries."""
    found: list[Json] = []
    for item in components(message):
        if item["type"] == 11:
            found.append(item["media"])
        if item["type"] == 12:
            found += [entry["media"] for entry in item["items"]]
    return found


@contextmanager
def stand_ins() -> Generator[Playground]:
    """Serve both stand-ins for as long as the block runs."""
    with Playground() as playground:
        yield playground

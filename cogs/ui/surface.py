"""Reaches a job's card by whatever way is left, and remembers which ways are gone.

The ladder: the interaction's token while it lives, then the bot's token by channel and message
id (the same message), then a new message in the channel, then a DM. An answer that is final
closes a way for good, for files alone where only files are refused; anything else is tried again
a few times here and, after that, by the engine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

import aiohttp
import discord
import structlog

from cogs.ui import codes
from cogs.ui.memory import Act, Memory, Way
from hailuo.jobs.presenter import CardDelayedError, CardGoneError, CardTooLargeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from discord import ui

    from cogs.ui.client import Client
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId

log = structlog.get_logger(__name__)

TOKEN_MARGIN: Final = timedelta(minutes=1)
"""A token is not used in its last minute: a dead one is a 401, which counts towards a ban."""
TRIES: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=1)
RECENT_MESSAGES: Final = 50

EDITS: Final = (Way.TOKEN, Way.MESSAGE)
POSTS: Final = (Way.CHANNEL, Way.DM)


class BlockedError(Exception):
    """The server's AutoMod objects to the text."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the card: sent from disk, or kept by its id where the message has it already."""

    path: Path
    name: str
    kept_id: str | None = None

    def attachment(self, *, fresh: bool) -> discord.File | _Kept:
        """Return it for one try: a `discord.File` is used up by being sent."""
        if self.kept_id is None or fresh:
            return discord.File(self.path, self.name)
        return _Kept(self.kept_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a card shall be; ``files`` None leaves the message's files as they are.

    ``view`` draws it anew for each try, since a view that was sent before must not be sent again.
    """

    view: Callable[[Job], ui.LayoutView]
    files: tuple[Upload, ...] | None = None

    @property
    def act(self) -> Act:
        """What the way has to allow for this draft."""
        return Act.FILE if self.files else Act.TEXT


@dataclass(frozen=True, slots=True)
class _Kept:
    id: str

    def to_dict(self) -> dict[str, str]:
        return {"id": self.id}


class Keeper(Protocol):
    """Stores what was learned about a card."""

    async def remember_card(
        self, job_id: JobId, *, message_id: int | None, memory: Mapping[str, object]
    ) -> None:
        """Keep it with the job."""
        ...


class Surface:
    """Edits and posts for one job at a time; what it learns is kept with the job."""

    def __init__(self, client: Client, keeper: Keeper, clock: Clock) -> None:
        self._client = client
        self._keeper = keeper
        self._clock = clock
        self._memories: dict[JobId, Memory] = {}

    def memory(self, job: Job) -> Memory:
        """Return what is known of the job's card."""
        return self._memories.setdefault(job.id, Memory.load(job.request.card.memory))

    def forget(self, job: Job) -> None:
        """Drop what is held in memory of a job that has ended; the store has it."""
        self._memories.pop(job.id, None)

    async def remember(self, job: Job, memory: Memory) -> None:
        """Keep what was learned about the job's card."""
        if memory == self.memory(job):
            return
        self._memories[job.id] = memory
        await self._keeper.remember_card(
            job.id, message_id=job.request.card.message_id, memory=memory.dump()
        )

    async def edit(self, job: Job, draft: Draft) -> discord.Message:
        """Edit the card.

        Raises `CardGoneError` when no way is left, `CardDelayedError` when one may come back,
        and `CardTooLargeError` or `BlockedError` where another draft would do.
        """
        return await self._climb(job, EDITS, draft)

    async def post(self, job: Job, draft: Draft, purpose: str) -> discord.Message:
        """Send a new message, once for each purpose, where the card cannot be edited."""
        if self.memory(job).posting:
            found = await self._find_posted(job)
            if found is not None:
                return found
        await self.remember(job, replace(self.memory(job), posting=True))
        return await self._climb(job, POSTS, draft, purpose)

    async def _climb(
        self, job: Job, ways: Sequence[Way], draft: Draft, purpose: str = ""
    ) -> discord.Message:
        delayed: Exception | None = None
        for way in ways:
            if not self._is_open(job, way, draft.act):
                continue
            try:
                return await self._send_by(job, way, draft, purpose)
            except discord.HTTPException as error:
                if codes.is_passing(error):
                    delayed = error
                else:
                    await self._learn(job, way, draft.act, error)
            except (aiohttp.ClientError, OSError, discord.RateLimited) as error:
                delayed = error
        if delayed is not None:
            raise CardDelayedError(f"{job.id}: {type(delayed).__name__}: {delayed}") from delayed
        raise CardGoneError(f"{job.id}: no way is left")

    def _is_open(self, job: Job, way: Way, act: Act) -> bool:
        card = job.request.card
        if not self.memory(job).has(way, act):
            return False
        in_guild = job.request.guild_id is not None
        visible = discord.Permissions(card.app_permissions).view_channel or not in_guild
        match way:
            case Way.TOKEN:
                alive = self._clock.now() < card.token_expires_at - TOKEN_MARGIN
                return alive and bool(card.token) and card.message_id is not None
            case Way.MESSAGE:
                return visible and card.message_id is not None
            case Way.CHANNEL:
                return visible
            case Way.DM:
                return in_guild

    async def _send_by(self, job: Job, way: Way, draft: Draft, purpose: str) -> discord.Message:
        """Send by one way; where Discord refuses an edit that keeps a file, send the file again."""
        keeps = any(upload.kept_id for upload in draft.files or ())
        fresh = way in POSTS
        try:
            return await self._retry(lambda: self._send(job, way, draft, purpose, fresh=fresh))
        except discord.HTTPException as error:
            if fresh or not keeps or error.code != codes.INVALID_FORM:
                raise
            log.info("kept file refused", job=job.id, error=error.text)
        return await self._retry(lambda: self._send(job, way, draft, purpose, fresh=True))

    async def _send(
        self, job: Job, way: Way, draft: Draft, purpose: str, *, fresh: bool
    ) -> discord.Message:
        card = job.request.card
        nobody = discord.AllowedMentions.none()
        files = draft.files or ()
        if way in EDITS:
            edits: dict[str, Any] = {"view": draft.view(job), "allowed_mentions": nobody}
            if draft.files is not None:
                edits["attachments"] = [upload.attachment(fresh=fresh) for upload in files]
            if way is Way.TOKEN:
                return await self._webhook(card.token).edit_message(card.message_id or 0, **edits)
            channel = self._client.get_partial_messageable(job.request.channel_id)
            return await channel.get_partial_message(card.message_id or 0).edit(**edits)
        if way is Way.CHANNEL:
            target = self._client.get_partial_messageable(job.request.channel_id)
        else:
            target = await self._client.create_dm(discord.Object(job.request.user_id))
        return await target.send(
            view=draft.view(job),
            files=[discord.File(upload.path, upload.name) for upload in files],
            nonce=f"{job.id}{purpose}",
            allowed_mentions=nobody,
        )

    def _webhook(self, token: str) -> discord.Webhook:
        return discord.Webhook.partial(self._client.application_id or 0, token, client=self._client)

    async def _retry(self, send: Callable[[], Awaitable[discord.Message]]) -> discord.Message:
        """Try a few times where discord.py does not: after a 503 or a dropped connection."""
        for attempt in range(TRIES - 1):
            try:
                return await send()
            except discord.HTTPException as error:
                if not codes.is_worth_repeating_soon(error):
                    raise
            except (aiohttp.ClientError, OSError) as error:
                log.debug("discord did not answer", attempt=attempt, error=type(error).__name__)
            await self._clock.sleep(FIRST_PAUSE * 2**attempt)
        return await send()

    async def _learn(self, job: Job, way: Way, act: Act, error: discord.HTTPException) -> None:
        """Close what a final answer closes; raise where the draft, not the way, is at fault."""
        if codes.is_too_large(error):
            raise CardTooLargeError(f"{job.id}: too large for {way}") from error
        if error.code in codes.AUTOMOD:
            raise BlockedError from error
        if error.code == codes.INVALID_FORM:
            log.error("discord refused a drawing", job=job.id, way=way, error=error.text)
        log.info("way is gone", job=job.id, way=way, act=act, code=error.code)
        only_files = act if error.code == codes.MISSING_PERMISSIONS else None
        memory = self.memory(job).without(way, act=only_files)
        if error.code == codes.UNKNOWN_MESSAGE:
            memory = memory.without(*EDITS)
        elif error.code in {codes.UNKNOWN_CHANNEL, codes.UNKNOWN_GUILD}:
            memory = memory.without(*EDITS, Way.CHANNEL)
        elif error.code == codes.MISSING_ACCESS:
            memory = memory.without(Way.MESSAGE, Way.CHANNEL)
        await self.remember(job, memory)

    async def _find_posted(self, job: Job) -> discord.Message | None:
        """Look for a message that a crash may have hidden from us: it names its job."""
        channel = self._client.get_partial_messageable(job.request.channel_id)
        me = self._client.user
        try:
            async for message in channel.history(limit=RECENT_MESSAGES):
                if me is not None and message.author.id == me.id and _names(message, job.id):
                    return message
        except discord.HTTPException as error:
            log.info("channel cannot be searched", job=job.id, code=error.code)
        return None


def media(message: discord.Message) -> list[discord.UnfurledMediaItem]:
    """Return a Components V2 message's media, in order; its ``attachments`` is empty by intent.

    https://github.com/discord/discord-api-docs/issues/8277
    """
    found: list[discord.UnfurledMediaItem] = []

    def walk(component: Any) -> None:
        if isinstance(component, discord.MediaGalleryComponent):
            found.extend(item.media for item in component.items)
        elif isinstance(component, discord.ThumbnailComponent):
            found.append(component.media)
        for child in (*getattr(component, "children", ()), getattr(component, "accessory", None)):
            if child is not None:
                walk(child)

    for component in message.components:
        walk(component)
    return found


def _names(message: discord.Message, job_id: JobId) -> bool:
    return job_id in json.dumps([component.to_dict() for component in message.components])

"""Sends one draft by one way: what is sent, and how often it is tried."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
import structlog

from cogs.ui import codes
from cogs.ui.memory import Act, Place, Way
from cogs.ui.place import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from discord import ui

    from cogs.ui.client import Client
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job

log = structlog.get_logger(__name__)

TRIES: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=1)
TEXT_WITHIN: Final = timedelta(seconds=30)
"""How long one try without files may take; discord.py waits for a rate limit in this time too."""
FILES_WITHIN: Final = timedelta(minutes=5)
"""How long one try with files may take: as long as discord.py has patience."""
TOKEN_MARGIN: Final = timedelta(minutes=1)
"""A token is not used in its last minute: a dead one is a 401, which counts towards a ban."""


class TokenTooOldError(OSError):
    """There is no time left in which the interaction's token may be used."""


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
    """What a message shall be; ``files`` None leaves a message's files as they are.

    ``view`` draws it anew for each try, since a view that was sent before must not be sent again.
    ``mark`` is what a new message is found again by: something that it alone carries.
    ``calls`` makes it a reply to the card that mentions the job's requester, and nobody else.
    """

    view: Callable[[Job], ui.LayoutView]
    files: tuple[Upload, ...] | None = None
    mark: str = ""
    calls: bool = False

    @property
    def act(self) -> Act:
        """What the way has to allow for this draft."""
        return Act.FILE if self.files else Act.TEXT

    @property
    def keeps_files(self) -> bool:
        """Whether an edit lists files that the message has already."""
        return any(upload.kept_id for upload in self.files or ())


@dataclass(frozen=True, slots=True)
class _Kept:
    id: str

    def to_dict(self) -> dict[str, str]:
        return {"id": self.id}


class Sender:
    """Edits by token or by message id, posts into the channel or the member's DM."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def edit(self, job: Job, way: Way, draft: Draft, place: Place) -> discord.Message:
        """Edit a message; where Discord refuses an edit that keeps a file, send the file again."""

        async def send(*, fresh: bool) -> discord.Message:
            return await self._edit(job, way, draft, place, fresh=fresh)

        try:
            return await self._retry(job, way, draft, partial(send, fresh=False))
        except discord.HTTPException as error:
            if not draft.keeps_files or error.code != codes.INVALID_FORM:
                raise
            log.info("kept file refused", job=job.id, error=error.text)
        return await self._retry(job, way, draft, partial(send, fresh=True))

    async def post(self, job: Job, way: Way, draft: Draft, purpose: str) -> discord.Message:
        """Post a message; its nonce, job and purpose, makes a second try the same message."""
        return await self._retry(job, way, draft, lambda: self._post(job, way, draft, purpose))

    async def delete(self, job: Job, way: Way) -> None:
        """Take the card away."""
        message_id = job.request.card.message_id or 0
        if way is Way.TOKEN:
            await self._webhook(job.request.card.token).delete_message(message_id)
            return
        await self.delete_posted(Place(job.request.channel_id, message_id))

    async def delete_posted(self, place: Place) -> None:
        """Take a message away by the bot's token."""
        channel = self._client.get_partial_messageable(place.channel_id)
        await channel.get_partial_message(place.message_id).delete()

    async def reopen(self, thread_id: int) -> None:
        """Bring an archived thread back."""
        async with asyncio.timeout(TEXT_WITHIN.total_seconds()):
            await self._client.http.edit_channel(thread_id, archived=False)

    async def place(self, job: Job, way: Way) -> discord.abc.Messageable:
        """Return where a way posts to."""
        if way is Way.DM:
            return await self._client.create_dm(discord.Object(job.request.user_id))
        return self._client.get_partial_messageable(job.request.channel_id)

    async def _edit(
        self, job: Job, way: Way, draft: Draft, place: Place, *, fresh: bool
    ) -> discord.Message:
        edits: dict[str, Any] = {
            "view": draft.view(_for_member_alone(job) if is_elsewhere(job, place) else job),
            "allowed_mentions": discord.AllowedMentions.none(),
        }
        if draft.files is not None:
            edits["attachments"] = [upload.attachment(fresh=fresh) for upload in draft.files]
        if way is Way.TOKEN:
            webhook = self._webhook(job.request.card.token)
            return await webhook.edit_message(place.message_id, **edits)
        channel = self._client.get_partial_messageable(place.channel_id)
        return await channel.get_partial_message(place.message_id).edit(**edits)

    async def _post(self, job: Job, way: Way, draft: Draft, purpose: str) -> discord.Message:
        more: dict[str, Any] = {"allowed_mentions": discord.AllowedMentions.none()}
        if draft.calls:
            requester = discord.Object(job.request.user_id)
            more["allowed_mentions"] = discord.AllowedMentions(
                everyone=False, roles=False, replied_user=False, users=[requester]
            )
            if way is Way.CHANNEL and _may_reply(job):
                more["reference"] = discord.MessageReference(
                    message_id=job.request.card.message_id or 0,
                    channel_id=job.request.channel_id,
                    fail_if_not_exists=False,
                )
        place = await self.place(job, way)
        return await place.send(
            view=draft.view(_for_member_alone(job) if way is Way.DM else job),
            files=[discord.File(upload.path, upload.name) for upload in draft.files or ()],
            nonce=f"{job.id}{purpose}",
            **more,
        )

    def _webhook(self, token: str) -> discord.Webhook:
        return discord.Webhook.partial(self._client.application_id or 0, token, client=self._client)

    def token_lives_for(self, job: Job) -> timedelta:
        """Return how long the interaction's token may still be used; nothing or less when dead."""
        return job.request.card.token_expires_at - TOKEN_MARGIN - self._clock.now()

    async def _retry(
        self, job: Job, way: Way, draft: Draft, send: Callable[[], Awaitable[discord.Message]]
    ) -> discord.Message:
        """Try a few times where discord.py does not: a 503 by bot token, a lost answer.

        A try that took all its time is the caller's to repeat: Discord remembers a nonce for some
        minutes only, so what was posted has to be looked for first.
        """
        for attempt in range(TRIES - 1):
            try:
                return await self._try(job, way, draft, send)
            except (TokenTooOldError, TimeoutError):
                raise
            except discord.HTTPException as error:
                if way is Way.TOKEN or not codes.is_unavailable(error):
                    raise
            except (aiohttp.ClientError, OSError) as error:
                log.debug("discord did not answer", attempt=attempt, error=type(error).__name__)
            await self._clock.sleep(FIRST_PAUSE * 2**attempt)
        return await self._try(job, way, draft, send)

    async def _try(
        self, job: Job, way: Way, draft: Draft, send: Callable[[], Awaitable[discord.Message]]
    ) -> discord.Message:
        """Try once, in bounded time; with a token that grows too old, for no longer than it may."""
        within = FILES_WITHIN if draft.files else TEXT_WITHIN
        if way is Way.TOKEN:
            within = min(within, self.token_lives_for(job))
        if within <= timedelta(0):
            raise TokenTooOldError(f"{job.id}: its token may not be used any more")
        async with asyncio.timeout(within.total_seconds()):
            return await send()


def _may_reply(job: Job) -> bool:
    may = discord.Permissions(job.request.card.app_permissions)
    return job.request.card.message_id is not None and may.read_message_history


def _for_member_alone(job: Job) -> Job:
    """Return the job as its member reads it: in their own language, not their server's."""
    return replace(job, request=replace(job.request, server_locale=None))

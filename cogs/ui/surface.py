"""Reaches a job's card by whatever way is left, and remembers which ways are gone.

The ladder: the interaction's token while it lives, then the bot's token by channel and message
id (the same message), then a new message in the channel, then a DM. What was posted anew is the
job's message from then on, and is edited by the bot's token. An answer that is final
closes a way for good, for files alone where only files are refused; anything else is tried again
a few times here and, after that, by the engine.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import discord
import structlog

from cogs.ui import codes
from cogs.ui.budget import OldMessageError
from cogs.ui.closures import Closures, after
from cogs.ui.delays import delays
from cogs.ui.media import shows
from cogs.ui.memory import EDITS, POSTS, Act, Memory, Way
from cogs.ui.place import card_of
from cogs.ui.sender import Sender
from hailuo.jobs.presenter import CardDelayedError, CardGoneError, CardTooLargeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from cogs.ui.budget import InvalidRequests
    from cogs.ui.client import Client
    from cogs.ui.memory import Place
    from cogs.ui.sender import Draft
    from hailuo.clock import Clock
    from hailuo.jobs.job import Job, JobId, WorkerId

_Sent: TypeAlias = "tuple[Way, discord.Message]"
"""A message, and the way that it went."""

log = structlog.get_logger(__name__)

SEARCHED_MESSAGES: Final = 200
"""How many messages since the last attempt to post are looked through for that post."""
CARD: Final = "card"
"""The purpose of the message that is a private job's card."""
CLOCK_MARGIN: Final = timedelta(seconds=30)
"""By how much Discord's clock may be behind ours."""


class BlockedError(Exception):
    """The server's AutoMod objects to the text."""


class CardRationedError(CardDelayedError):
    """The card is too old to be edited often, so it has to wait; a new message need not."""


class Keeper(Protocol):
    """Stores what was learned about a card."""

    async def remember_card(
        self, job_id: JobId, *, message_id: int | None, memory: Mapping[str, object]
    ) -> None:
        """Keep it with the job."""
        ...


class Surface:
    """Edits and posts for one job at a time; what it learns is kept with the job."""

    def __init__(
        self, client: Client, keeper: Keeper, clock: Clock, budget: InvalidRequests
    ) -> None:
        self._client = client
        self._keeper = keeper
        self._clock = clock
        self._budget = budget
        self._sender = Sender(client, clock)
        self._memories: dict[JobId, tuple[WorkerId | None, Memory]] = {}
        """What was learned of the cards that this process draws, and as which worker."""
        self._closures = Closures(clock)

    def memory(self, job: Job) -> Memory:
        """Return what is known of the job's card.

        What is held here counts for as long as the job is this worker's: it is newer than a row
        that was read before. What another worker has learned since is in the row.
        """
        owner, memory = self._memories.get(job.id, (None, None))
        if memory is not None and owner == job.owner:
            return memory
        return Memory.load(job.request.card.memory)

    def forget(self, job_id: JobId) -> None:
        """Drop what is held in memory of a job; the store has it."""
        self._memories.pop(job_id, None)

    async def remember(self, job: Job, memory: Memory) -> None:
        """Keep what was learned about the job's card, and leave the rest as others may know it."""
        before, now = self.memory(job).dump(), memory.dump()
        news = {key: value for key, value in now.items() if value != before[key]}
        if not news:
            return
        self._memories[job.id] = (job.owner, memory)
        await self._keeper.remember_card(
            job.id, message_id=job.request.card.message_id, memory=news
        )

    async def edit(
        self, job: Job, draft: Draft, ways: Sequence[Way] = EDITS, *, reopens: bool = False
    ) -> discord.Message:
        """Edit the card, or what was posted in its place; ``reopens`` an archived thread for it.

        Raises `CardGoneError` when no way is left, `CardDelayedError` when one may come back,
        of these `CardRationedError` when the edit surely did not arrive,
        and `CardTooLargeError` or `BlockedError` where another draft would do.
        """
        try:
            _, message = await self._climb(job, ways, draft)
        except CardGoneError:
            if not reopens or not await self._reopen(job):
                raise
            _, message = await self._climb(job, ways, draft)
        return message

    async def _reopen(self, job: Job) -> bool:
        """Bring the job's thread back where it was archived; tell whether it takes edits now."""
        thread_id = job.request.channel_id
        if not self._closures.is_archived(thread_id):
            return False
        self._check_budget(job)
        try:
            with delays(job):
                await self._sender.reopen(thread_id)
        except discord.HTTPException as error:
            log.info("thread stays archived", job=job.id, code=error.code)
            return False
        self._closures.reopened(thread_id)
        return True

    async def post(
        self, job: Job, draft: Draft, purpose: str, ways: Sequence[Way] = POSTS
    ) -> _Sent:
        """Send a new message, once for each purpose; return where it is.

        Raises as `edit` does.
        """
        found = await self.find(job, draft, ways)
        if found is not None:
            return found
        await self.remember(job, replace(self.memory(job), posting_at=self._clock.now()))
        try:
            return await self._climb(job, ways, draft, purpose)
        except (CardGoneError, CardTooLargeError, BlockedError):
            await self.remember(job, replace(self.memory(job), posting_at=None))
            raise

    async def find(self, job: Job, draft: Draft, ways: Sequence[Way] = POSTS) -> _Sent | None:
        """Return the message that an earlier attempt to post this has left.

        Raises `CardDelayedError` where Discord does not answer: it may be there.
        """
        posting_at = self.memory(job).posting_at
        if posting_at is None:
            return None
        for way in ways:
            found = await self._find_posted(job, way, draft, posting_at - CLOCK_MARGIN)
            if found is not None:
                return way, found
        return None

    async def place(self, job: Job, draft: Draft) -> tuple[Job, discord.Message]:
        """Post the card of a private job, which has none yet; return the job with it.

        Raises as `edit` does; where the member's DM is closed, every way to them is.
        """
        try:
            _, message = await self.post(job, draft, CARD, (Way.CHANNEL,))
        except CardGoneError:
            await self.remember(job, self.memory(job).without(*POSTS))
            raise
        card = replace(job.request.card, message_id=message.id)
        job = replace(job, request=replace(job.request, card=card))
        await self.remember(job, replace(self.memory(job), posting_at=None))
        return job, message

    async def delete(self, job: Job) -> bool:
        """Take the card away, and what was posted in its place; tell whether nothing stands now.

        What was learned of the card does not count: somebody waits, and may have mended what was
        wrong. Raises `CardDelayedError` where Discord does not answer.
        """
        posted, nothing_stands = self.memory(job).posted, True
        if posted is not None:
            nothing_stands = await self._delete(job, lambda: self._sender.delete_posted(posted))
        if job.request.card.message_id is None:
            return nothing_stands
        for way in EDITS:
            if way is Way.TOKEN and not self._is_open(job, way, Act.TEXT):
                continue
            if await self._delete(job, partial(self._sender.delete, job, way)):
                return nothing_stands
        return False

    async def _delete(self, job: Job, delete: Callable[[], Awaitable[None]]) -> bool:
        """Tell whether the message is gone now, be it by us or by somebody before us."""
        self._check_budget(job)
        try:
            with delays(job):
                await delete()
        except discord.HTTPException as error:
            log.info("not deleted", job=job.id, code=error.code)
            return error.code in codes.NO_MESSAGE
        return True

    async def lose_card(self, job: Job, code: int = codes.UNKNOWN_MESSAGE) -> None:
        """Take note that the card is no more, or out of reach, as somebody else has found."""
        if code not in codes.CARD_IS_GONE:
            return
        drawn_here = job.id in self._memories
        await self._close(job, Way.MESSAGE, Act.TEXT, code)
        if not drawn_here:
            self.forget(job.id)

    def can_send_by_token(self, job: Job) -> bool:
        """Tell whether files may go by the interaction's token now."""
        return self._is_open(job, Way.TOKEN, Act.FILE)

    def stands(self, job: Job) -> bool:
        """Tell whether the card can be reached by the bot's token."""
        return self._is_open(job, Way.MESSAGE, Act.TEXT)

    async def _climb(self, job: Job, ways: Sequence[Way], draft: Draft, purpose: str = "") -> _Sent:
        """Try way after way; a post that may have arrived keeps the next way from posting twice."""
        delayed: CardDelayedError | None = None
        rationed: CardRationedError | None = None
        for way in ways:
            if not self._is_open(job, way, draft.act):
                continue
            self._check_budget(job)
            try:
                with delays(job):
                    return way, await self._send(job, way, draft, purpose)
            except OldMessageError as error:
                rationed = CardRationedError(f"{job.id}: {error}")
                rationed.retry_after = error.retry_after
            except CardDelayedError as error:
                delayed = error
                if way in POSTS:
                    break
            except discord.HTTPException as error:
                await self._learn(job, way, draft.act, error)
        raise delayed or rationed or CardGoneError(f"{job.id}: no way is left")

    async def _send(self, job: Job, way: Way, draft: Draft, purpose: str) -> discord.Message:
        place = self._edited(job, way)
        if place is not None:
            return await self._sender.edit(job, way, draft, place)
        message = await self._sender.post(job, way, draft, purpose)
        if way is Way.CHANNEL:
            self._closures.reopened(job.request.channel_id)
        return message

    def _edited(self, job: Job, way: Way) -> Place | None:
        """Return which message a way edits; None for a way that posts a new one."""
        if way in POSTS:
            return None
        return self.memory(job).posted if way is Way.POSTED else card_of(job)

    def _is_open(self, job: Job, way: Way, act: Act) -> bool:
        card = job.request.card
        known = self._closures.applied(job.request.channel_id, self.memory(job))
        if not known.has(way, act):
            return False
        in_guild = job.request.guild_id is not None
        visible = discord.Permissions(card.app_permissions).view_channel or not in_guild
        match way:
            case Way.TOKEN:
                alive = self._sender.token_lives_for(job) > timedelta(0)
                return alive and bool(card.token) and card.message_id is not None
            case Way.MESSAGE:
                return visible and card.message_id is not None
            case Way.POSTED:
                return known.posted is not None
            case Way.CHANNEL:
                return visible
            case Way.DM:
                return in_guild

    def _check_budget(self, job: Job) -> None:
        pause = self._budget.pause
        if pause is not None:
            error = CardDelayedError(f"{job.id}: too many invalid requests")
            error.retry_after = pause
            raise error

    async def _learn(self, job: Job, way: Way, act: Act, error: discord.HTTPException) -> None:
        """Close what a final answer closes; raise where the draft, not the way, is at fault."""
        if codes.is_too_large(error):
            raise CardTooLargeError(f"{job.id}: too large for {way}") from error
        if error.code in codes.AUTOMOD:
            raise BlockedError from error
        if error.code == codes.INVALID_FORM:
            log.error("discord refused a drawing", job=job.id, way=way, error=error.text)
        log.info("way is gone", job=job.id, way=way, act=act, code=error.code)
        await self._close(job, way, act, error.code)

    async def _close(self, job: Job, way: Way, act: Act, code: int) -> None:
        self._closures.note(job.request.channel_id, way, act, code)
        if code == codes.THREAD_ARCHIVED:
            return  # whoever writes there next brings the thread back
        await self.remember(job, after(self.memory(job), way, act, code))

    async def _find_posted(
        self, job: Job, way: Way, draft: Draft, since: datetime
    ) -> discord.Message | None:
        """Look for a message that a crash, or a lost answer, may have hidden from us.

        Raises `CardDelayedError` where Discord does not answer: posting blindly could post twice.
        A way that is closed now may have been open then; one that refuses to be read is asked once.
        """
        if not self._is_open(job, way, Act.LOOK):
            return None
        self._check_budget(job)
        try:
            with delays(job):
                place = await self._sender.place(job, way)
                async for message in place.history(
                    limit=SEARCHED_MESSAGES, after=since, oldest_first=True
                ):
                    if self._is_ours(message, job) and shows(message, draft.mark):
                        return message
        except discord.HTTPException as error:
            log.info("cannot be searched", job=job.id, way=way, code=error.code)
            await self.remember(job, self.memory(job).without(way, act=Act.LOOK))
        return None

    def _is_ours(self, message: discord.Message, job: Job) -> bool:
        """Tell whether a message is the bot's own, but not the job's card."""
        me = self._client.user
        ours = me is not None and message.author.id == me.id
        return ours and message.id != job.request.card.message_id

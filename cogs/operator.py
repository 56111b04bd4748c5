"""Operator commands, by mention in any channel: @bot pause, resume, status, resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
import discord
import structlog
from discord.ext import commands

from cogs.ui.codes import NO_ANSWER, is_passing
from cogs.ui.language import language_of
from cogs.ui.text import sentence_of
from hailuo.errors import HailuoError
from hailuo.jobs.job import RUNNING, JobId, JobState, UserId
from hailuo.jobs.presenter import AlarmDelayedError
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.client import Client
    from cogs.ui.language import Language
    from hailuo.jobs.job import Job
    from hailuo.quotas import Usage
    from hailuo.settings import Settings

log = structlog.get_logger(__name__)

RELEASE: Final = "release"
HOW_TO_RESOLVE: Final = N_(
    "Say `resolve JOB REQUEST-ID` with the request id from RunComfy's list of generations, and the "
    "video will be delivered; or `resolve JOB release` to give the member their quota back."
)
NEEDS_DECISION: Final = N_(
    "❔ Nobody can tell whether RunComfy took job `{job}`: the connection broke inside the paid "
    "request. It is not sent again. Look for it in RunComfy's list of generations, then mention me "
    "with `resolve {job} REQUEST-ID` to deliver it, or with `resolve {job} release` to give the "
    "member their quota back."
)


class Operator(commands.Cog):
    """For the people in OPERATOR_IDS; to everybody else these commands do not exist."""

    def __init__(self, client: Client) -> None:
        self._engine = client.engine

    async def cog_check(self, ctx: commands.Context[Client]) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]  # always our client
        """Let operators through, checked at the time of use."""
        return ctx.author.id in self._engine.settings.operator_ids

    @commands.command()
    async def pause(self, ctx: commands.Context[Client]) -> None:
        """Stop new jobs everywhere; those that run go on."""
        await self._engine.store.pause(paused=True)
        log.warning("paused", by=ctx.author.id)
        say = _language(ctx)
        await ctx.reply(
            say(
                "Paused: no new videos until `resume`. Those that run go on; those in line keep "
                "their places."
            )
        )

    @commands.command()
    async def resume(self, ctx: commands.Context[Client]) -> None:
        """Take new jobs again."""
        await self._engine.store.pause(paused=False)
        log.warning("resumed", by=ctx.author.id)
        say = _language(ctx)
        await ctx.reply(say("Resumed: new videos are taken again."))

    @commands.command()
    async def status(self, ctx: commands.Context[Client]) -> None:
        """Say how much runs, what today may have cost, and what needs a decision."""
        usage = await self._engine.usage(UserId(ctx.author.id), None)
        census = await self._engine.store.census()
        await ctx.reply(describe(self._engine.settings, usage, census, _language(ctx)))

    @commands.command()
    async def resolve(self, ctx: commands.Context[Client], job: str = "", answer: str = "") -> None:
        """Decide on a job of unknown fate: give it its request, or give its quota back."""
        say = _language(ctx)
        try:
            text = await self._resolve(JobId(job), answer, ctx.author.id, say)
        except HailuoError as error:
            log.warning("not resolved", job=job, by=ctx.author.id, error=str(error))
            text = sentence_of(error, say)
        await ctx.reply(text)

    async def _resolve(self, job_id: JobId, answer: str, by: int, say: Language) -> str:
        if not answer:
            return say(HOW_TO_RESOLVE)
        if answer != RELEASE:
            job = await self._engine.resolve(job_id, answer)
            log.warning("resolved", job=job.id, request=job.request_id, by=by)
            return say(
                "Resolved: `{job}` goes on, and its video will be posted in its card.", job=job.id
            )
        released = await self._engine.release(job_id)
        log.warning("released", job=job_id, by=by, held=released is not None)
        if released is None:
            return say("`{job}` no longer counted for its member. Nothing was changed.", job=job_id)
        return say(
            "Released: `{job}` no longer counts for its member. Your bill keeps it; if the "
            "request turns up, `resolve` still delivers it, and it will not count again.",
            job=job_id,
        )


async def tell_operators(client: Client, job: Job) -> None:
    """Send each operator one message about a job of unknown fate; the log has it in any case.

    Raises `AlarmDelayedError` where Discord did not take one of them now.
    """
    log.error("needs an operator's decision", job=job.id, user=job.request.user_id)
    say = language_of(job.request.server_locale)
    delayed: Exception | None = None
    for number, operator in enumerate(sorted(client.engine.settings.operator_ids)):
        try:
            channel = await client.create_dm(discord.Object(operator))
            # It may be sent again: Discord knows it by its nonce.
            await channel.send(say(NEEDS_DECISION, job=job.id), nonce=f"{job.id}?{number}")
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("operator not reached", operator=operator, error=str(error))
            if isinstance(error, NO_ANSWER) or (
                isinstance(error, discord.HTTPException) and is_passing(error)
            ):
                delayed = error
    if delayed is not None:
        raise AlarmDelayedError(f"{job.id}: not all operators were told") from delayed


def describe(
    settings: Settings, usage: Usage, census: Mapping[JobState, int], say: Language
) -> str:
    """Return how the bot stands, in words for its operator."""
    lines = [
        say("Running: {running}.", running=sum(census[state] for state in RUNNING)),
        say("Waiting in line: {waiting}.", waiting=census[JobState.ACCEPTED]),
        say("Paid for, or perhaps, in 24 hours: {paid}.", paid=_paid(settings, usage, say)),
    ]
    if census[JobState.UNKNOWN]:
        lines.append(say("Of unknown fate, see the log: {jobs}.", jobs=census[JobState.UNKNOWN]))
    if usage.paused:
        lines.append(say("New videos are paused."))
    return "\n".join(lines)


def _paid(settings: Settings, usage: Usage, say: Language) -> str:
    """Return the day's jobs, of the cap where there is one, with their price where it is known."""
    limit, price = settings.max_jobs_per_day, settings.price_per_video_usd
    paid = say("{paid} of at most {limit}", paid=usage.today, limit=limit) if limit else usage.today
    if price is None:
        return str(paid)
    cost = say.number(float(price * usage.today), places=2)
    return say("{paid}, about ${cost}", paid=paid, cost=cost)


def _language(ctx: commands.Context[Client]) -> Language:
    """Return the server's language: Discord does not tell that of who wrote a message."""
    return language_of(None if ctx.guild is None else ctx.guild.preferred_locale.value)


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(Operator(client))

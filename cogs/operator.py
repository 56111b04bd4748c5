"""Operator commands, by mention in any channel: @bot pause, resume, status, resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aiohttp
import discord
import structlog
from discord.ext import commands

from hailuo.errors import HailuoError
from hailuo.jobs.job import RUNNING, JobId, JobState, UserId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.client import Client
    from hailuo.jobs.job import Job
    from hailuo.quotas import Usage
    from hailuo.settings import Settings

log = structlog.get_logger(__name__)

RELEASE: Final = "release"
HOW_TO_RESOLVE: Final = (
    "Say `resolve JOB REQUEST-ID` with the request id from RunComfy's list of generations, and the "
    "video will be delivered; or `resolve JOB release` to give the member their quota back."
)
NEEDS_DECISION: Final = (
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
        await ctx.reply(
            "Paused: no new videos until `resume`. Those that run go on; those in line keep their "
            "places."
        )

    @commands.command()
    async def resume(self, ctx: commands.Context[Client]) -> None:
        """Take new jobs again."""
        await self._engine.store.pause(paused=False)
        log.warning("resumed", by=ctx.author.id)
        await ctx.reply("Resumed: new videos are taken again.")

    @commands.command()
    async def status(self, ctx: commands.Context[Client]) -> None:
        """Say how much runs, what today may have cost, and what needs a decision."""
        usage = await self._engine.usage(UserId(ctx.author.id), None)
        census = await self._engine.store.census()
        await ctx.reply(describe(self._engine.settings, usage, census))

    @commands.command()
    async def resolve(self, ctx: commands.Context[Client], job: str = "", answer: str = "") -> None:
        """Decide on a job of unknown fate: give it its request, or give its quota back."""
        try:
            text = await self._resolve(JobId(job), answer, ctx.author.id)
        except HailuoError as error:
            log.warning("not resolved", job=job, by=ctx.author.id, error=str(error))
            text = error.user_message
        await ctx.reply(text)

    async def _resolve(self, job_id: JobId, answer: str, by: int) -> str:
        if not answer:
            return HOW_TO_RESOLVE
        if answer != RELEASE:
            job = await self._engine.resolve(job_id, answer)
            log.warning("resolved", job=job.id, request=job.request_id, by=by)
            return f"Resolved: `{job.id}` goes on, and its video will be posted in its card."
        released = await self._engine.release(job_id)
        log.warning("released", job=job_id, by=by, held=released is not None)
        if released is None:
            return f"`{job_id}` no longer counted for its member. Nothing was changed."
        return (
            f"Released: `{job_id}` no longer counts for its member. Your bill keeps it; if the "
            "request turns up, `resolve` still delivers it, and it will not count again."
        )


async def tell_operators(client: Client, job: Job) -> None:
    """Send each operator one message about a job of unknown fate; the log has it in any case."""
    log.error("needs an operator's decision", job=job.id, user=job.request.user_id)
    for number, operator in enumerate(sorted(client.engine.settings.operator_ids)):
        try:
            channel = await client.create_dm(discord.Object(operator))
            # After a crash it is sent again: Discord knows it by its nonce.
            await channel.send(NEEDS_DECISION.format(job=job.id), nonce=f"{job.id}?{number}")
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("operator not reached", operator=operator, error=str(error))


def describe(settings: Settings, usage: Usage, census: Mapping[JobState, int]) -> str:
    """Return how the bot stands, in words for its operator."""
    cap = f" of at most {settings.max_jobs_per_day}" if settings.max_jobs_per_day else ""
    lines = [
        f"Running: {sum(census[state] for state in RUNNING)}.",
        f"Waiting in line: {census[JobState.ACCEPTED]}.",
        f"Paid for, or perhaps, in 24 hours: {usage.today}{cap}{_cost(settings, usage)}.",
    ]
    if census[JobState.UNKNOWN]:
        lines.append(f"Of unknown fate, see the log: {census[JobState.UNKNOWN]}.")
    if usage.paused:
        lines.append("New videos are paused.")
    return "\n".join(lines)


def _cost(settings: Settings, usage: Usage) -> str:
    price = settings.price_per_video_usd
    return "" if price is None else f", about ${price * usage.today:.2f}"


async def setup(client: Client) -> None:
    """Add the commands."""
    await client.add_cog(Operator(client))

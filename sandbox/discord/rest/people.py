"""Who and where: the bot itself, its application, users, guilds and the gateway's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.discord import gateway, payloads
from sandbox.discord.errors import DiscordError
from sandbox.discord.rest.call import NO_CONTENT, Answer, Call, Route
from sandbox.discord.shapes import Record, Snowflake, require

if TYPE_CHECKING:
    from sandbox.discord.entities import User

IDENTIFIES_A_DAY = 1000
_RECIPIENT = Record({"recipient_id": Snowflake()}, frozenset({"recipient_id"}))


async def get_self(call: Call) -> Answer:
    """Show the bot's account."""
    return Answer(payloads.own_user(call.world.bot))


async def get_application(call: Call) -> Answer:
    """Show the bot's application."""
    return Answer(payloads.application(call.world))


async def get_gateway(call: Call) -> Answer:
    """Tell the gateway's address."""
    return Answer({"url": gateway.gateway_url(call.world)})


async def get_gateway_bot(call: Call) -> Answer:
    """Tell the gateway's address and how to shard."""
    limit = {
        "total": IDENTIFIES_A_DAY,
        "remaining": IDENTIFIES_A_DAY,
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return Answer(
        {
            "url": gateway.gateway_url(call.world),
            "shards": call.world.settings.shards,
            "session_start_limit": limit,
        }
    )


async def get_user(call: Call) -> Answer:
    """Show an account."""
    return Answer(payloads.user(_user(call, call.id("user_id"))))


async def open_dm(call: Call) -> Answer:
    """Open a direct conversation; whether one may write there shows only when writing."""
    require(_RECIPIENT, call.body)
    user = _user(call, int(call.body["recipient_id"]))
    if user is call.world.bot:
        raise DiscordError(50007)
    channel = call.world.direct_channel_with(user)
    return Answer(payloads.channel(channel, call.world.guild.id))


async def list_guilds(call: Call) -> Answer:
    """Show the guilds the bot is in."""
    return Answer([payloads.guild_summary(call.world)] if call.world.bot_in_guild else [])


async def get_guild(call: Call) -> Answer:
    """Show a guild the bot is in."""
    _need_guild(call)
    body = payloads.guild(call.world.guild)
    if call.flag("with_counts"):
        count = len(call.world.guild.members)
        body |= {"approximate_member_count": count, "approximate_presence_count": count}
    return Answer(body)


async def list_channels(call: Call) -> Answer:
    """Show a guild's channels, threads aside."""
    _need_guild(call)
    guild = call.world.guild
    channels = [channel for channel in guild.channels.values() if not channel.is_thread]
    return Answer([payloads.channel(channel, guild.id) for channel in channels])


async def leave_guild(call: Call) -> Answer:
    """Leave a guild."""
    _need_guild(call)
    call.world.remove_bot()
    return NO_CONTENT


async def get_member(call: Call) -> Answer:
    """Show a member of a guild."""
    _need_guild(call)
    member = call.world.guild.members.get(call.id("user_id"))
    if member is None:
        raise DiscordError(10007)
    return Answer(payloads.member(member))


def _user(call: Call, user_id: int) -> User:
    user = call.world.users.get(user_id)
    if user is None:
        raise DiscordError(10013)
    return user


def _need_guild(call: Call) -> None:
    """Refuse a guild that does not exist, or that the bot is not in."""
    if call.id("guild_id") != call.world.guild.id or not call.world.bot_in_guild:
        raise DiscordError(10004)


ROUTES = (
    Route("GET", "/users/@me", get_self),
    Route("GET", "/oauth2/applications/@me", get_application),
    Route("GET", "/applications/@me", get_application),
    Route("GET", "/gateway", get_gateway),
    Route("GET", "/gateway/bot", get_gateway_bot),
    Route("POST", "/users/@me/channels", open_dm),
    Route("GET", "/users/@me/guilds", list_guilds),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave_guild),
    Route("GET", "/users/{user_id}", get_user),
    Route("GET", "/guilds/{guild_id}", get_guild),
    Route("GET", "/guilds/{guild_id}/channels", list_channels),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", get_member),
)

"""The world's people and places as Discord's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord import permissions
from sandbox.discord.entities import ChannelType
from sandbox.discord.ids import APPLICATION_ID, BOT_ID

if TYPE_CHECKING:
    from sandbox.discord.entities import Channel, Guild, Member, Overwrite, Role, User
    from sandbox.discord.world import World

Json = dict[str, Any]


def user(account: User) -> Json:
    """Return a user object."""
    return {
        "id": str(account.id),
        "username": account.username,
        "global_name": account.global_name,
        "avatar": None,
        "discriminator": "0000" if account.bot else "0",
        "public_flags": 0,
        "flags": 0,
        "bot": account.bot,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }


def own_user(account: User) -> Json:
    """Return the bot's user object as only the bot itself sees it."""
    return {
        **user(account),
        "mfa_enabled": True,
        "locale": "en-US",
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def member(person: Member, *, with_user: bool = True) -> Json:
    """Return a member object; messages carry it without the user, who is the author."""
    payload: Json = {
        "roles": [str(role_id) for role_id in person.role_ids],
        "joined_at": person.joined_at.isoformat(),
        "nick": None,
        "avatar": None,
        "banner": None,
        "avatar_decoration_data": None,
        "communication_disabled_until": None,
        "flags": 0,
        "pending": False,
        "premium_since": None,
        "mute": False,
        "deaf": False,
    }
    return {**payload, "user": user(person.user)} if with_user else payload


def role(item: Role) -> Json:
    """Return a role object."""
    payload: Json = {
        "id": str(item.id),
        "name": item.name,
        "permissions": str(int(item.permissions)),
        "position": item.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": item.managed_by is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if item.managed_by is not None:
        payload["tags"] = {"bot_id": str(item.managed_by)}
    return payload


def channel(place: Channel, guild_id: int) -> Json:
    """Return a channel object of the right kind."""
    payload: Json = {
        "id": str(place.id),
        "type": int(place.type),
        "flags": 0,
        "last_message_id": None if place.last_message_id is None else str(place.last_message_id),
    }
    if place.recipient is not None:
        return {**payload, "recipients": [user(place.recipient)]}
    payload |= {
        "guild_id": str(guild_id),
        "name": place.name,
        "rate_limit_per_user": 0,
        "parent_id": None if place.parent_id is None else str(place.parent_id),
    }
    return payload | (_thread_fields(place) if place.is_thread else _text_fields(place))


def _text_fields(place: Channel) -> Json:
    return {
        "topic": None,
        "nsfw": False,
        "position": place.position,
        "last_pin_timestamp": None,
        "permission_overwrites": [overwrite(item) for item in place.overwrites.values()],
    }


def _thread_fields(place: Channel) -> Json:
    return {
        "owner_id": str(place.owner_id),
        "message_count": place.message_count,
        "total_message_sent": place.message_count,
        "member_count": 1,
        "thread_metadata": {
            "archived": place.archived,
            "archive_timestamp": place.created_at.isoformat(),
            "auto_archive_duration": 10080,
            "locked": place.locked,
            "create_timestamp": place.created_at.isoformat(),
        },
    }


def overwrite(item: Overwrite) -> Json:
    """Return a channel's permission overwrite."""
    return {
        "id": str(item.id),
        "type": int(item.is_member),
        "allow": str(int(item.allow)),
        "deny": str(int(item.deny)),
    }


def guild(server: Guild) -> Json:
    """Return a guild object as REST gives it."""
    return {
        "id": str(server.id),
        "name": server.name,
        "owner_id": str(server.owner_id),
        "roles": [role(item) for item in server.roles.values()],
        "preferred_locale": server.preferred_locale,
        **_GUILD_CONSTANTS,
    }


def guild_create(world: World) -> Json:
    """Return the guild as the gateway announces it: whole, but only what the bot may see."""
    server = world.guild
    channels = list(server.channels.values())
    return {
        **guild(server),
        "joined_at": server.members[BOT_ID].joined_at.isoformat(),
        "large": False,
        "unavailable": False,
        "member_count": len(server.members),
        "members": [member(server.members[BOT_ID])],
        "channels": [
            channel(item, server.id) for item in channels if item.type is ChannelType.TEXT
        ],
        "threads": [
            channel(item, server.id)
            for item in channels
            if item.is_thread
            and not item.archived
            and world.permissions_of(world.bot, item) & permissions.Permission.VIEW_CHANNEL
        ],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def guild_summary(world: World) -> Json:
    """Return the guild as it stands in the list of the bot's guilds."""
    server = world.guild
    return {
        "id": str(server.id),
        "name": server.name,
        "icon": None,
        "banner": None,
        "owner": False,
        "permissions": str(int(permissions.in_guild(server, server.members[BOT_ID]))),
        "features": [],
    }


def application(world: World) -> Json:
    """Return the bot's application as its owner sees it."""
    owner = world.users[world.guild.owner_id]
    install = {
        "scopes": ["applications.commands", "bot"],
        "permissions": str(int(permissions.INVITE)),
    }
    return {
        "id": str(APPLICATION_ID),
        "name": world.bot.username,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "install_params": install,
        "integration_types_config": {"0": {"oauth2_install_params": install}},
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": int(world.bot_in_guild),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


_GUILD_CONSTANTS: Json = {
    "icon": None,
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "features": [],
    "banner": None,
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 1,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "premium_progress_bar_enabled": False,
    "premium_progress_bar_enabled_user_updated_at": None,
    "nsfw": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
    "incidents_data": None,
}

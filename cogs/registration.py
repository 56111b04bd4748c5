"""Registers the commands with Discord, only when they changed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import structlog
from discord.http import Route

if TYPE_CHECKING:
    from cogs.ui.client import Client

log = structlog.get_logger(__name__)


async def register_commands(client: Client) -> None:
    """Sync the command tree if its hash changed, or if Discord lost a command.

    A sync of unchanged commands is wasted, and new ones are limited to 200 a day; the hash is
    kept per application and API origin, so that the stand-in and Discord do not mix.
    """
    payload = [command.to_dict(client.tree) for command in client.tree.get_commands()]
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    key = f"commands:{client.application_id}:{Route.BASE}"
    wanted = {(command["type"], command["name"]) for command in payload}
    registered = {(int(c.type.value), c.name) for c in await client.tree.fetch_commands()}
    if registered == wanted and await client.engine.store.setting(key) == digest:
        log.info("commands unchanged", count=len(wanted))
        return
    await client.tree.sync()
    await client.engine.store.set_setting(key, digest)
    log.info("commands registered", count=len(wanted))

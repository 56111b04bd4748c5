"""Registers the commands with Discord, only when they changed."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from discord.http import Route

from cogs.ui.translator import CatalogueTranslator

if TYPE_CHECKING:
    from discord import app_commands

    from cogs.ui.client import Client

log = structlog.get_logger(__name__)


LEASE: Final = "commands"
LONGEST: Final = timedelta(minutes=1)
"""For longer nobody registers: a process that has died on the way holds up the others this long."""


async def register_commands(client: Client) -> None:
    """Sync the command tree, one process at a time, if it changed or Discord lost a command."""
    engine = client.engine
    while not await engine.store.lead(LEASE, engine.worker_id, LONGEST):
        await engine.clock.sleep(timedelta(seconds=1))
    try:
        await _register(client)
    finally:
        await engine.store.stop_leading(LEASE, engine.worker_id)


async def _register(client: Client) -> None:
    """Sync the command tree if its hash changed, translations included, or Discord lost a command.

    A sync of unchanged commands is wasted, and new ones are limited to 200 a day; the hash is
    kept per application and API origin, so that the stand-in and Discord do not mix.
    """
    payload = await _payload(client.tree)
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    key = f"commands:{client.application_id}:{Route.BASE}"
    wanted = {(command["type"], command["name"]) for command in payload}
    known = await client.tree.fetch_commands()
    client.command_ids = {command.name: command.id for command in known}
    registered = {(int(command.type.value), command.name) for command in known}
    if registered == wanted and await client.engine.store.setting(key) == digest:
        log.info("commands unchanged", count=len(wanted))
        return
    client.command_ids = {command.name: command.id for command in await client.tree.sync()}
    await client.engine.store.set_setting(key, digest)
    log.info("commands registered", count=len(wanted))


async def _payload(tree: app_commands.CommandTree[Client]) -> list[dict[str, Any]]:
    """Return what a sync would send."""
    translator = CatalogueTranslator()
    await tree.set_translator(translator)
    return [await one.get_translated_payload(tree, translator) for one in tree.get_commands()]

"""The routes of the control API, and what all its answers share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.discord.control import acts, knobs, looks, view
from sandbox.discord.control.errors import ControlError
from sandbox.discord.control.request import ControlCall
from sandbox.discord.errors import DiscordError
from sandbox.discord.faults import Fault
from sandbox.discord.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.discord.gateway import Gateway
    from sandbox.discord.world import World

PREFIX = "/sandbox"
VERSION_HEADER = "X-Sandbox-Version"
LONGEST_WAIT_S = 60.0
LATE_S = 0.05

Handler = Callable[[ControlCall], Awaitable[Any]]

_CLIENT = "as locale unchecked"
_FORM = f"{_CLIENT} channel name options files"
_FAULT = " ".join(Fault.model_fields)
_SETTINGS = " ".join(knob.name for knob in fields(Settings))

TABLE: tuple[tuple[str, str, Handler, str], ...] = (
    ("GET", "/world", looks.world, ""),
    ("GET", "/view", view.view, "as channel"),
    ("GET", "/messages", looks.messages, "as channel deleted"),
    ("GET", "/interactions/{interaction}", looks.interaction, ""),
    ("GET", "/ledger", looks.ledger, "route"),
    ("POST", "/commands", acts.use_command, f"{_FORM} menu"),
    (
        "POST",
        "/autocomplete",
        acts.autocomplete,
        f"{_FORM} focused",
    ),
    ("POST", "/components", acts.use_component, f"{_CLIENT} message custom_id values"),
    (
        "POST",
        "/modals",
        acts.submit_modal,
        f"{_CLIENT} interaction values files custom_id",
    ),
    ("POST", "/reactions", acts.add_reaction, "as message emoji"),
    ("DELETE", "/reactions", acts.remove_reaction, "as message emoji"),
    ("POST", "/messages", acts.post_message, "as channel content files reply_to embeds"),
    ("DELETE", "/messages/{message}", acts.delete_message, "as"),
    ("POST", "/interactions/{interaction}/redeliver", acts.redeliver, ""),
    ("POST", "/permissions", knobs.set_permissions, "who channel allow deny neutral"),
    ("POST", "/channels", knobs.add_channel, "name"),
    ("POST", "/channels/{channel}", knobs.change_channel, "action"),
    ("POST", "/guild", knobs.change_guild, "action who words locale"),
    ("GET", "/faults", knobs.list_faults, ""),
    ("POST", "/faults", knobs.add_fault, _FAULT),
    ("DELETE", "/faults", knobs.clear_faults, ""),
    ("GET", "/settings", knobs.show_settings, ""),
    ("POST", "/settings", knobs.change_settings, _SETTINGS),
    ("POST", "/gateway", knobs.disturb_gateway, "action code resumable down acks"),
)
"""Each call: method, path, handler, and the keys that it takes beside the ids in its path."""


class ControlApi:
    """Serves control calls; every answer carries the world's version."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        """Return the table as aiohttp routes."""
        return [
            web.route(method, PREFIX + path, self._endpoint(handler, keys.split()))
            for method, path, handler, keys in TABLE
        ]

    def _endpoint(
        self, handler: Handler, keys: Sequence[str]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def endpoint(request: web.Request) -> web.Response:
            try:
                call = await ControlCall.read(self._world, self._gateway, request, keys)
                if request.method == "GET":
                    await self._wait(call)
                return self._response(await handler(call))
            except ControlError as error:
                return self._response({"error": str(error)}, status=400)
            except DiscordError as error:
                return self._response({"error": error.reason}, status=400)

        return endpoint

    async def _wait(self, call: ControlCall) -> None:
        """Let a look wait: for a newer world, or for an interaction's answer."""
        seconds = _seconds(call.body.pop("wait", 0))
        since = call.body.pop("since", None)
        if since is not None:
            await self._world.changed_since(call.number("since", since), seconds)
        elif seconds and "interaction" in call.body:
            interaction = call.interaction()
            # Nothing can answer it later, so there is nothing to wait for.
            age = self._world.clock() - interaction.created_at
            seconds = min(seconds, max(self._world.settings.ack_deadline_s - age, 0) + LATE_S)
            await self._world.wait_until(lambda: interaction.is_acknowledged, seconds)

    def _response(self, body: Any, status: int = 200) -> web.Response:
        headers = {VERSION_HEADER: str(self._world.version)}
        return web.json_response(body, status=status, headers=headers)


def _seconds(given: Any) -> float:
    try:
        return min(max(0.0, float(given)), LONGEST_WAIT_S)
    except (TypeError, ValueError) as error:
        raise ControlError(f"'wait' must be seconds, not {given!r}") from error

"""The CDN: links that are signed and expire (docs: reference, signed attachment CDN URLs)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from sandbox.discord import faults
from sandbox.discord.errors import DiscordError
from sandbox.discord.ledger import Caller

if TYPE_CHECKING:
    from sandbox.discord.attachments import Attachment
    from sandbox.discord.world import World

GONE = "This content is no longer available."
FOLDERS = ("/attachments", "/ephemeral-attachments", "/external")
_KEY = secrets.token_bytes(32)


def link(world: World, path: str) -> str:
    """Return the address of a file, signed now and good for the set lifetime."""
    issued = int(world.clock())
    expires = format(int(issued + world.settings.cdn_lifetime_s), "x")
    issued_hex = format(issued, "x")
    signature = _sign(path, expires, issued_hex)
    return f"{world.url}{quote(path)}?ex={expires}&is={issued_hex}&hm={signature}&"


def routes(world: World) -> list[web.RouteDef]:
    """Return the CDN's routes."""

    async def serve(request: web.Request) -> web.StreamResponse:
        return await _serve(world, request)

    return [web.get(f"{folder}/{{file:.+}}", serve) for folder in FOLDERS]


async def _serve(world: World, request: web.Request) -> web.StreamResponse:
    folder = request.path.split("/", 2)[1]
    entry = world.ledger.begin(request.method, f"/{folder}/{{file}}", request.path, Caller.CDN)
    fault = world.faults.take(entry)
    try:
        if fault is not None:
            await fault.wait()
            await world.faults.strike(fault)
        response = _answer(world, request)
    except faults.SeveredError as severed:
        world.ledger.end(entry, severed.how)
        faults.cut(request)
        return web.Response(status=500)
    except DiscordError as error:
        response = web.Response(status=error.status, text=error.message)
    world.ledger.end(entry, response.status)
    return response


def _answer(world: World, request: web.Request) -> web.Response:
    query = request.query
    expires, issued = query.get("ex", ""), query.get("is", "")
    signature = _sign(request.path, expires, issued)
    if not hmac.compare_digest(signature, query.get("hm", "")):
        return web.Response(status=403, text=GONE)
    if int(expires, 16) <= world.clock():
        return web.Response(status=404, text=GONE)
    attachment = _find(world, request.path)
    if attachment is None or attachment.deleted:
        return web.Response(status=404, text=GONE)
    return _file(request, attachment)


def _find(world: World, path: str) -> Attachment | None:
    attachment_id = path.rsplit("/", 2)[1]
    return world.attachments.get(int(attachment_id)) if attachment_id.isdecimal() else None


def _file(request: web.Request, attachment: Attachment) -> web.Response:
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Type": attachment.content_type or "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{quote(attachment.filename)}"',
        # Files of strangers share this origin with the control API: they never run.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    total = len(attachment.data)
    try:
        wanted = request.http_range
    except ValueError:
        wanted = slice(None)
    start, stop, _ = wanted.indices(total)
    if wanted == slice(None, None, 1) or wanted == slice(None):
        return web.Response(body=attachment.data, headers=headers)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{total}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    return web.Response(status=206, body=attachment.data[start:stop], headers=headers)


def _sign(path: str, expires: str, issued: str) -> str:
    return hmac.new(_KEY, f"{path}|{expires}|{issued}".encode(), hashlib.sha256).hexdigest()

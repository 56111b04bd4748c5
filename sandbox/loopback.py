"""Who a stand-in answers: programs and pages of this machine, no web page from elsewhere.

Listening on 127.0.0.1 keeps the network out, but not the browser on the same machine: any site can
send requests to a loopback port, and by DNS rebinding even read the answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

NAMES = ("127.0.0.1", "localhost", "::1")


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request under a foreign name, or on behalf of another site's page."""
    if not _is_loopback(request.host):
        return web.Response(status=403, text=f"{request.host!r} is no name of this machine\n")
    if _is_of_another_site(request):
        return web.Response(status=403, text="Another site's page may not call the sandbox\n")
    return await handler(request)


def _is_loopback(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in NAMES
    except ValueError:
        return False


def _is_of_another_site(request: web.Request) -> bool:
    """Tell what the browser says about the page that asks; programs say nothing."""
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin != f"http://{request.host}"
    # No Origin comes with what a page embeds. Following a link to the sandbox is welcome.
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site")
    return is_foreign and request.headers.get("Sec-Fetch-Mode") != "navigate"

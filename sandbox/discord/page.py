"""The page: the world in a browser, from the files in sandbox/web."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

FILES = Path(__file__).resolve().parents[1] / "web"
CONTENT_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Nothing but these files runs or is fetched, and no text can ever become markup.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {rule}" for name, rule in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """Return a route for each file; the page itself stands at the root."""
    found = [
        web.get("/" if path.name == "index.html" else f"/web/{path.name}", _serve(path))
        for path in sorted(FILES.iterdir())
        if path.suffix in CONTENT_TYPES
    ]
    return [*found, web.get("/favicon.ico", _serve(FILES / "icon.svg"))]


def _serve(path: Path) -> Handler:
    async def serve(_: web.Request) -> web.StreamResponse:
        # Read at each look, so that an edit shows at the next reload.
        body = path.read_bytes()  # noqa: ASYNC240 - a few kilobytes of the system's cache
        kind = CONTENT_TYPES[path.suffix]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=HEADERS)

    return serve

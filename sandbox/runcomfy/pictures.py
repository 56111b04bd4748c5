"""Fetch the picture of a submit as the API's servers would, and check it against the rules."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import ipaddress
from dataclasses import dataclass
from io import BytesIO
from typing import Self
from urllib.parse import unquote_to_bytes

import aiohttp
from PIL import Image, ImageOps
from yarl import URL

from .errors import VALIDATION, ApiError
from .rules import check_size

MAX_BYTES = 50 * 1000 * 1000  # the page's "images <= 50 MB"
MAX_PIXELS = 64_000_000
TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=3)

# What Pillow raises for files it cannot or will not read.
_PILLOW_REFUSALS = (
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

UNREACHABLE = "Failed to download the image from image_url."
TOO_LARGE = "The image at image_url is larger than 50 MB."
UNREADABLE = "The file at image_url is not a valid image."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that passed the rules; the digest names it."""

    digest: str
    data: bytes


class PictureFetcher:
    """Fetch pictures from loopback servers and data URIs; there is no internet here."""

    def __init__(self, discord_url: str | None = None) -> None:
        self._discord = URL(discord_url).origin() if discord_url else None
        self._pictures: dict[str, Picture] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def fetch(self, image_url: str) -> Picture:
        """Return the picture at this URL, or raise the API's error for it."""
        if image_url.startswith("data:"):
            data = _decode_data_uri(image_url)
        else:
            data = await self._download(image_url)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        if digest not in self._pictures:
            await asyncio.to_thread(_check, data)
            self._pictures[digest] = Picture(digest, data)
        return self._pictures[digest]

    async def _download(self, image_url: str) -> bytes:
        url = self._reachable(image_url)
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status != 200:  # noqa: PLR2004  the one status that brings a picture
                    raise ApiError(VALIDATION, UNREACHABLE, "image_url")
                return await _read_capped(response.content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ApiError(VALIDATION, UNREACHABLE, "image_url") from error

    def _reachable(self, image_url: str) -> URL:
        try:
            url = URL(image_url)
            if url.scheme in {"http", "https"} and (
                _is_loopback(url.host) or url.origin() == self._discord
            ):
                return url
        except ValueError as error:
            raise ApiError(VALIDATION, UNREACHABLE, "image_url") from error
        raise ApiError(VALIDATION, UNREACHABLE, "image_url")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


async def _read_capped(stream: aiohttp.StreamReader) -> bytes:
    parts, size = [], 0
    async for part in stream.iter_chunked(1 << 16):
        size += len(part)
        if size > MAX_BYTES:
            raise ApiError(VALIDATION, TOO_LARGE, "image_url")
        parts.append(part)
    return b"".join(parts)


def _decode_data_uri(uri: str) -> bytes:
    header, comma, payload = uri.partition(",")
    if not comma or not header.startswith("data:image/"):
        raise ApiError(VALIDATION, UNREADABLE, "image_url")
    try:
        data = (
            base64.b64decode(payload, validate=True)
            if header.endswith(";base64")
            else unquote_to_bytes(payload)
        )
    except binascii.Error as error:
        raise ApiError(VALIDATION, UNREADABLE, "image_url") from error
    if len(data) > MAX_BYTES:
        raise ApiError(VALIDATION, TOO_LARGE, "image_url")
    return data


def _check(data: bytes) -> None:
    """Decode the whole picture, as a renderer must, and measure it the way it is shown."""
    try:
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ApiError(VALIDATION, UNREADABLE, "image_url")
            width, height = ImageOps.exif_transpose(image).size
    except _PILLOW_REFUSALS as error:
        raise ApiError(VALIDATION, UNREADABLE, "image_url") from error
    check_size(width, height)

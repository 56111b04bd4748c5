"""Fetch one file to disk: guarded, bounded in bytes and in time, retried, whole or not at all."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import aiohttp

from hailuo.clock import SystemClock
from hailuo.fetch.errors import (
    DiskError,
    FetchFailedError,
    FetchTimeoutError,
    FileGoneError,
    FileTooLargeError,
    UrlRefusedError,
)
from hailuo.fetch.hosts import AllowedHosts, public_connector
from hailuo.fetch.partial import PartialFile
from hailuo.retry_after import parse_retry_after

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from aiohttp.abc import AbstractResolver
    from yarl import URL

    from hailuo.clock import Clock

ATTEMPTS = 4
TOTAL = timedelta(minutes=5)
IDLE = timedelta(seconds=30)

_CHUNK = 256 * 1024
_FIRST_PAUSE = timedelta(seconds=1)  # doubled from attempt to attempt
_LONGEST_PAUSE = timedelta(seconds=30)
_TRY_AGAIN = frozenset({408, 416, 425, 429})


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file that has arrived whole: how many bytes, and from where.

    ``url`` is the one that was checked and asked for, with everything escaped that could end it
    in a text.
    """

    url: str = field(repr=False)
    size: int


class Fetcher:
    """Fetches from the hosts of an allow list; an async context manager with its own session.

    No token, cookie or proxy goes out with a request, and no redirect is followed. ``total``
    bounds all attempts on a file together, ``idle`` the silence between two pieces of it.
    """

    def __init__(
        self,
        hosts: AllowedHosts,
        *,
        total: timedelta = TOTAL,
        idle: timedelta = IDLE,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._hosts = hosts
        self._total = total
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=10, sock_read=idle.total_seconds()
        )
        self._clock = clock or SystemClock()
        self._rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=public_connector(self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=self._timeout,
            headers={"Accept-Encoding": "identity"},
            read_bufsize=_CHUNK,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str, target: Path, *, max_bytes: int) -> FetchedFile:
        """Fetch ``url`` to ``target``, replacing what is there; raise a FetchError.

        On any error, cancellation included, ``target`` is as it was and nothing is left beside it.
        """
        checked = self._hosts.check(url)
        try:
            with await asyncio.to_thread(PartialFile, target) as partial:
                async with asyncio.timeout(self._total.total_seconds()):
                    await self._receive(checked, partial, max_bytes)
                await asyncio.to_thread(partial.keep)
                return FetchedFile(str(checked), partial.size)
        except TimeoutError:
            raise FetchTimeoutError(f"{checked.host}: not whole within {self._total}") from None
        except OSError as error:
            # The network's errors are caught where they happen; what is left is the disk's.
            raise DiskError(f"{type(error).__name__}: {error}") from error

    async def _receive(self, url: URL, partial: PartialFile, max_bytes: int) -> None:
        attempt = 1
        while True:
            try:
                return await self._attempt(url, partial, max_bytes)
            except _TryAgainError as failure:
                if attempt == ATTEMPTS:
                    raise failure.final(url) from None
                asked = failure.retry_after
            pause = _FIRST_PAUSE * 2 ** (attempt - 1) if asked is None else asked
            pause += _FIRST_PAUSE * self._rng.uniform(0, 0.5)
            await self._clock.sleep(min(pause, _LONGEST_PAUSE))
            attempt += 1

    async def _attempt(self, url: URL, partial: PartialFile, max_bytes: int) -> None:
        if self._session is None:
            raise RuntimeError("the fetcher is used outside its `async with` block")
        stream = self._session.get(url, headers=_range(partial), allow_redirects=False)
        try:
            async with stream as response:
                _check_answer(response, partial, self._clock.now())
                if response.status != HTTPStatus.PARTIAL_CONTENT:
                    await asyncio.to_thread(partial.restart)
                partial.etag = _strong_etag(response)
                await _store(response, partial, max_bytes)
        except aiohttp.ServerTimeoutError as error:
            raise _TryAgainError(type(error).__name__, silent=True) from None
        except aiohttp.ClientError as error:
            raise _TryAgainError(type(error).__name__) from None


class _TryAgainError(Exception):
    """An attempt that broke in a way that another one may not."""

    def __init__(
        self, detail: str, *, retry_after: timedelta | None = None, silent: bool = False
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self._silent = silent

    def final(self, url: URL) -> FetchFailedError | FetchTimeoutError:
        """Return what this means once no attempt is left."""
        kind = FetchTimeoutError if self._silent else FetchFailedError
        return kind(f"{url.host}: {self}, {ATTEMPTS} times")


def _range(partial: PartialFile) -> dict[str, str]:
    """Return the headers that ask for the rest, if what is here can be told from another file."""
    if not partial.size or partial.etag is None:
        return {}
    return {"Range": f"bytes={partial.size}-", "If-Range": partial.etag}


def _check_answer(response: aiohttp.ClientResponse, partial: PartialFile, now: datetime) -> None:
    """Raise unless the answer's body is the file, or the rest that was asked for."""
    host, status = response.url.host, response.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise UrlRefusedError(f"{host} redirects ({status})")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.etag = None
        asked = parse_retry_after(response.headers, now)
        raise _TryAgainError(f"HTTP {status}", retry_after=asked)
    if status == HTTPStatus.PARTIAL_CONTENT:
        if not _continues(response, partial):
            partial.etag = None
            raise _TryAgainError("a range that was not asked for")
    elif status != HTTPStatus.OK:
        raise FileGoneError(f"{host}: HTTP {status}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _TryAgainError("an encoding that was not asked for")
    chunked = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
    if response.content_length is None and not chunked:
        # Its end could not be told from a cut.
        raise _TryAgainError("a body without a length")


def _continues(response: aiohttp.ClientResponse, partial: PartialFile) -> bool:
    """Tell whether a range begins where we stopped and reaches to the end."""
    said = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", said.strip())
    if match is None or not _range(partial):
        return False
    first, last, whole = (int(number) for number in match.groups())
    return first == partial.size and last + 1 == whole


def _strong_etag(response: aiohttp.ClientResponse) -> str | None:
    etag = response.headers.get("ETag", "").strip()
    return etag if re.fullmatch(r'"[!#-~]{1,256}"', etag) else None


async def _store(response: aiohttp.ClientResponse, partial: PartialFile, max_bytes: int) -> None:
    too_large = FileTooLargeError(
        f"{response.url.host}: more than {max_bytes} bytes", limit=f"{max_bytes / 10**6:.3g}"
    )
    if partial.size + (response.content_length or 0) > max_bytes:
        raise too_large
    async for chunk in response.content.iter_chunked(_CHUNK):
        if partial.size + len(chunk) > max_bytes:
            raise too_large
        await asyncio.to_thread(partial.append, chunk)
    if not partial.size:
        raise _TryAgainError("an empty file")

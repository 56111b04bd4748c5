"""Request bodies: JSON, or multipart with ``payload_json`` and ``files[n]``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader

from sandbox.discord.attachments import Upload
from sandbox.discord.errors import DiscordError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

FILE_FIELD = re.compile(r"files\[(\d+)\]")
CHUNK = 64 * 1024


@dataclass(slots=True)
class Body:
    """A parsed body; ``json`` is None where there was none."""

    json: Any = None
    uploads: dict[int, Upload] = field(default_factory=dict)


async def read(request: web.Request, *, file_limit: int, request_limit: int) -> Body:
    """Parse a request's body, refusing what is too large or malformed."""
    if not request.body_exists:
        return Body()
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request, file_limit, request_limit)
    reader = _Budget(request_limit)
    raw = b"".join([chunk async for chunk in reader.chunks(request.content.iter_chunked(CHUNK))])
    if reader.is_overdrawn:
        raise DiscordError(40005)
    if not raw:
        return Body()
    if request.content_type != "application/json":
        raise DiscordError(
            50035,
            message='Expected "Content-Type" header to be one of '
            "{'application/json', 'multipart/form-data'}.",
        )
    return Body(_parse(raw))


async def _read_multipart(request: web.Request, file_limit: int, request_limit: int) -> Body:
    body = Body()
    budget = _Budget(request_limit)
    too_large = False
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise DiscordError(50109)
        # Too large a file is read to its end all the same: a client that is still sending
        # would see a broken connection in place of the refusal.
        data = b"".join([chunk async for chunk in budget.chunks(_chunks(part))])
        number = FILE_FIELD.fullmatch(part.name or "")
        if number:
            too_large = too_large or len(data) > file_limit
            body.uploads[int(number[1])] = Upload(part.filename or "file", data)
        elif part.name == "payload_json":
            body.json = _parse(data)
    if too_large or budget.is_overdrawn:
        raise DiscordError(40005)
    return body


class _Budget:
    """Counts the bytes of a request; beyond the limit they are read but not kept."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    @property
    def is_overdrawn(self) -> bool:
        return self._left < 0

    async def chunks(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in source:
            self._left -= len(chunk)
            if not self.is_overdrawn:
                yield chunk


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield chunk


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DiscordError(50109) from error

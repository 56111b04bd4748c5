"""Files: what Discord tells about one from its name and, where it can read it, its bytes."""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import av
from av.error import FFmpegError
from PIL import Image

from sandbox.discord import cdn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord.world import World

# Discord names a type by the file's ending alone; a wrong ending gives a wrong type.
CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".svg": "image/svg+xml",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/x-wav",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}
READABLE_PICTURES = ("PNG", "JPEG", "GIF", "WEBP")
IS_SPOILER = 1 << 3
_UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in a request; ``claims`` override what Discord would find out about it."""

    filename: str
    data: bytes
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Attachment:
    """A stored file; ``folder`` is the path of its link before its own id."""

    id: int
    filename: str
    folder: str
    data: bytes
    size: int
    content_type: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    description: str | None = None
    title: str | None = None
    spoiler: bool = False
    ephemeral: bool = False
    deleted: bool = False

    @property
    def path(self) -> str:
        """Return the unsigned path of the file on the CDN."""
        return f"{self.folder}/{self.id}/{self.filename}"


async def store(
    world: World, upload: Upload, folder: str, *, ephemeral: bool = False
) -> Attachment:
    """Keep a file and note what Discord would know about it."""
    attachment = Attachment(
        id=world.snowflakes.next(),
        filename=safe_name(upload.filename),
        folder=folder,
        data=upload.data,
        size=len(upload.data),
        content_type=content_type(upload.filename),
        spoiler=upload.filename.startswith("SPOILER_"),
        ephemeral=ephemeral,
    )
    if attachment.filename != upload.filename:
        attachment.title = PurePosixPath(upload.filename).stem
    kind = (attachment.content_type or "").partition("/")[0]
    if kind == "image":
        attachment.width, attachment.height = picture_size(upload.data)
    elif kind == "video":
        await asyncio.to_thread(_measure_video, attachment)
    for name, value in upload.claims.items():
        setattr(attachment, name, value)
    world.attachments[attachment.id] = attachment
    return attachment


def render(world: World, attachment: Attachment) -> dict[str, Any]:
    """Return an attachment object with a freshly signed link."""
    url = cdn.link(world, attachment.path)
    optional = {
        "content_type": attachment.content_type,
        "width": attachment.width,
        "height": attachment.height,
        "duration_secs": attachment.duration_s,
        "description": attachment.description,
        "title": attachment.title,
        "ephemeral": attachment.ephemeral or None,
        "flags": IS_SPOILER if attachment.spoiler else None,
    }
    return {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
        **{key: value for key, value in optional.items() if value is not None},
    }


def safe_name(filename: str) -> str:
    """Return the name as Discord keeps it: without spaces and odd signs."""
    return _UNSAFE.sub("_", filename).strip("_") or "file"


def content_type(filename: str) -> str | None:
    """Return the media type of a name's ending, if Discord knows it."""
    return CONTENT_TYPES.get(PurePosixPath(filename).suffix.lower())


def picture_size(data: bytes) -> tuple[int | None, int | None]:
    """Return width and height from a picture's header, or nothing where it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=READABLE_PICTURES) as picture:
            return picture.size
    except (OSError, Image.DecompressionBombError, SyntaxError, ValueError):
        return None, None


def _measure_video(attachment: Attachment) -> None:
    try:
        with av.open(io.BytesIO(attachment.data), "r") as container:
            if not container.streams.video:
                return
            stream = container.streams.video[0]
            attachment.width, attachment.height = stream.width, stream.height
            if container.duration is not None:
                attachment.duration_s = container.duration / av.time_base
    except FFmpegError:
        return

"""What a message shows that can be animated: attachments, link previews, component media."""

from __future__ import annotations

import json
import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from cogs.ui.media import components_of, file_name, media
from hailuo.errors import HailuoError
from hailuo.jobs.checks import check_file, check_reparable
from hailuo.jobs.finds import NoPictureError
from hailuo.jobs.job import JOB_ID_PATTERN, JobId
from hailuo.jobs.sources import MAX_VIDEO_BYTES, Linked, MediaKind, VideoTooHeavyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import discord

_EARLY_NAMES: Final = {".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif"}
"""What Python's own table may not know."""
_JOB: Final = re.compile(rf"(?:hailuo-|:)({JOB_ID_PATTERN})\b")


@dataclass(frozen=True, slots=True)
class Sight:
    """One picture or video on a message, as Discord describes it; None is what it does not say."""

    media: Linked
    name: str
    size: int | None = None
    width: int | None = None
    height: int | None = None

    def check(self) -> None:
        """Raise the `HailuoError` that stands against it already; the rest is found out later."""
        if self.media.kind is MediaKind.VIDEO:
            if (self.size or 0) > MAX_VIDEO_BYTES:
                raise VideoTooHeavyError(f"{self.size}", limit=MAX_VIDEO_BYTES // 10**6)
            return
        check_file(self.size or 0, None)
        if self.width and self.height:
            check_reparable(self.width, self.height)


def sights(message: discord.Message) -> list[Sight]:
    """Return what can be animated on a message; raise the error that says why nothing can."""
    found = {URL(sight.media.url).path: sight for part in parts_of(message) for sight in _on(part)}
    usable: list[Sight] = []
    refusal: HailuoError | None = None
    for sight in found.values():
        try:
            sight.check()
        except HailuoError as error:
            refusal = refusal or error
        else:
            usable.append(sight)
    if not usable:
        raise refusal or NoPictureError(f"message {message.id}")
    return usable


def parts_of(message: discord.Message) -> list[Any]:
    """Return the message, and what it forwards, as far as they show anything."""
    parts = (message, *message.message_snapshots)
    return [part for part in parts if next(_on(part), None) is not None]


def jobs_named_on(message: Any) -> Sequence[JobId]:
    """Return the jobs that a message, or one that is forwarded, names in its buttons and files.

    Its text is left out: a prompt stands there, which says what its member likes.
    """
    words = [attachment.filename for attachment in message.attachments]
    words += [item.url for item in media(message)]
    words += re.findall(
        r'"custom_id": "([^"]*)"', json.dumps([part.to_dict() for part in components_of(message)])
    )
    return [JobId(found) for word in words for found in _JOB.findall(word)]


def _on(part: Any) -> Iterator[Sight]:
    """Yield what a message, or one that it forwards, shows."""
    for attachment in part.attachments:
        kind = _kind(attachment.content_type, attachment.filename)
        if kind is not None:
            yield Sight(
                Linked(attachment.url, kind),
                attachment.filename,
                attachment.size,
                attachment.width,
                attachment.height,
            )
    for item in media(part):
        kind = _kind(item.content_type, file_name(item.url))
        # Discord's own files lie where their link says; what is from outside, at its proxy.
        url = item.url if item.attachment_id is not None else item.proxy_url
        if kind is not None and url:
            yield Sight(Linked(url, kind), file_name(item.url), None, item.width, item.height)
    for embed in part.embeds:
        for picture in (embed.image, embed.thumbnail):
            # Of a video or a GIF from outside this is a still.
            if picture.proxy_url:
                name = embed.title or embed.url or file_name(picture.proxy_url)
                media_at = Linked(picture.proxy_url)
                yield Sight(media_at, name, None, picture.width, picture.height)


def _kind(content_type: str | None, name: str) -> MediaKind | None:
    """Tell pictures and videos from everything else, by Discord's word or the file's name."""
    suffix = name[name.rfind(".") :].lower()
    said = content_type or _EARLY_NAMES.get(suffix) or mimetypes.guess_type(name)[0] or ""
    if said.startswith("image/"):
        return MediaKind.PICTURE
    return MediaKind.VIDEO if said.startswith("video/") else None

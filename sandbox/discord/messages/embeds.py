"""Embeds: their limits (docs: resources/message, Embed Limits) and how they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord.messages import media
from sandbox.discord.shapes import Flag, Integer, ListOf, Moment, Record, Text, Url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.discord.attachments import Attachment
    from sandbox.discord.shapes import Complaints, Path

Json = dict[str, Any]

MAX_EMBEDS = 10
MAX_TOTAL_TEXT = 6000
MAX_COLOR = 0xFFFFFF
PICTURE_SCHEMES = ("http", "https", "attachment")

_PICTURE = Record({"url": Url(schemes=PICTURE_SCHEMES)}, frozenset({"url"}))
_FIELD = Record(
    {"name": Text(256, 1), "value": Text(1024, 1), "inline": Flag()}, frozenset({"name", "value"})
)
_EMBED = Record(
    {
        "title": Text(256),
        "description": Text(4096),
        "url": Url(schemes=("http", "https")),
        "timestamp": Moment(),
        "color": Integer(0, MAX_COLOR),
        "footer": Record(
            {"text": Text(2048), "icon_url": Url(schemes=PICTURE_SCHEMES)}, frozenset({"text"})
        ),
        "image": _PICTURE,
        "thumbnail": _PICTURE,
        "author": Record(
            {
                "name": Text(256, 1),
                "url": Url(schemes=("http", "https")),
                "icon_url": Url(schemes=PICTURE_SCHEMES),
            },
            frozenset({"name"}),
        ),
        "fields": ListOf(_FIELD, 25),
    }
)
SHAPE = ListOf(_EMBED, MAX_EMBEDS)


def check_total(embeds: Sequence[Json], path: Path, complaints: Complaints) -> None:
    """Note that all embeds together say too much."""
    total = sum(len(text) for embed in embeds for text in texts(embed))
    if total > MAX_TOTAL_TEXT:
        complaints.add(
            path,
            "MAX_EMBED_SIZE_EXCEEDED",
            f"Embed size exceeds maximum size of {MAX_TOTAL_TEXT}",
        )


def store(
    embeds: Sequence[Json], files: Sequence[Attachment], path: Path, complaints: Complaints
) -> list[Json]:
    """Return embeds as they are kept, pictures referring to files by id."""
    stored: list[Json] = []
    for index, embed in enumerate(embeds):
        kept: Json = {"type": "rich", **_EMBED.clean(embed)}
        for key in media.EMBED_PICTURES:
            if kept.get(key):
                kept[key] = _stored_picture(kept[key], files, (*path, index, key), complaints)
        if "fields" in kept:
            kept["fields"] = [{"inline": False, **entry} for entry in kept["fields"]]
        stored.append(kept)
    return stored


def _stored_picture(
    item: Json, files: Sequence[Attachment], path: Path, complaints: Complaints
) -> Json:
    stored = media.refer(item, files, 0, path, complaints)
    stored.pop("id")
    return stored


def texts(embed: Json) -> list[str]:
    """Return what an embed says, as far as its limits count it."""
    found = [embed.get("title"), embed.get("description")]
    found += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for entry in embed.get("fields") or ():
        found += [entry["name"], entry["value"]]
    return [text for text in found if text]

"""What a Components V2 message shows and says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import discord
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hailuo.jobs.job import Job

PICTURE_STEM: Final = "picture"


def picture_name(job: Job) -> str:
    """Return the file name that the job's picture has on Discord."""
    return f"{PICTURE_STEM}.{job.picture.name.rpartition('.')[2]}"


def video_name(job: Job) -> str:
    """Return the file name that the job's video has on Discord; it names the job."""
    return f"hailuo-{job.id}.mp4"


def file_name(url: str) -> str:
    """Return the name of the file that a URL leads to."""
    return URL(url).name


def media(message: discord.Message) -> list[discord.UnfurledMediaItem]:
    """Return a Components V2 message's media, in order; its ``attachments`` is empty by intent.

    https://github.com/discord/discord-api-docs/issues/8277
    """
    found: list[discord.UnfurledMediaItem] = []

    def walk(component: Any) -> None:
        if isinstance(component, discord.MediaGalleryComponent):
            found.extend(item.media for item in component.items)
        elif isinstance(component, discord.ThumbnailComponent):
            found.append(component.media)
        for child in (*getattr(component, "children", ()), getattr(component, "accessory", None)):
            if child is not None:
                walk(child)

    for component in components_of(message):
        walk(component)
    return found


def components_of(message: discord.Message) -> Sequence[discord.Component]:
    """Return a message's components; discord.py sets none where Discord does not list them."""
    return getattr(message, "components", ())


def shows(message: discord.Message, mark: str) -> bool:
    """Tell whether a message carries a mark in its text, a link or a file's name."""
    return mark in json.dumps([component.to_dict() for component in components_of(message)])

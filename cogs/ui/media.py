"""What a Components V2 message shows and says."""

from __future__ import annotations

import json
from typing import Any

import discord


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

    for component in message.components:
        walk(component)
    return found


def shows(message: discord.Message, mark: str) -> bool:
    """Tell whether a message carries a mark in its text, a link or a file's name."""
    return mark in json.dumps([component.to_dict() for component in message.components])

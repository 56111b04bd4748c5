"""A Discord message as lines of plain text."""

from __future__ import annotations

import re
import time
from enum import IntEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Component = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
LINK_STYLE = 5


class Kind(IntEnum):
    """Discord's component types, as far as a card can hold them."""

    ACTION_ROW = 1
    BUTTON = 2
    SECTION = 9
    TEXT = 10
    THUMBNAIL = 11
    GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17


def lines(message: dict[str, Any], names: Mapping[str, str]) -> list[str]:
    """Render a message; `names` tells who stands behind the ids of mentions."""
    if is_loading(message):
        return [f"{message['author']['username']} is thinking …"]
    shown = plain(message.get("content", ""), names).splitlines()
    for component in message.get("components", []):
        shown += _component_lines(component, names)
    shown += [f"📎 {one['filename']}" for one in message.get("attachments", [])]
    return [line for line in shown if line.strip()]


def video_url(message: dict[str, Any]) -> str | None:
    """Return where the video of a message lies, if it shows one."""
    for component in _walk(message.get("components", [])):
        for item in component.get("items", [component]):
            media = item.get("media") or item.get("file") or {}
            if str(media.get("content_type", "")).startswith("video/"):
                return media["url"]
    return None


def is_private(message: dict[str, Any]) -> bool:
    """Whether only the member sees this message."""
    return bool(message.get("flags", 0) & EPHEMERAL)


def is_loading(message: dict[str, Any]) -> bool:
    """Whether the message only says that the bot will answer."""
    return bool(message.get("flags", 0) & LOADING)


def plain(text: str, names: Mapping[str, str], *, now: float | None = None) -> str:
    """Take Discord's markup out of a text; times become relative to `now` (Unix seconds)."""
    now = time.time() if now is None else now
    text = re.sub(r"<@!?(\d+)>", lambda match: f"@{names.get(match[1], match[1])}", text)
    text = re.sub(r"<t:(\d+)(?::\w)?>", lambda match: _relative(int(match[1]) - now), text)
    text = re.sub(r"<a?(:\w+:)\d+>", r"\1", text)
    text = re.sub(r"^(?:#{1,3}|-#) ", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\((\S+?)\)", r"\1 (\2)", text)
    text = re.sub(r"(?<!\\)(\*\*|__|\*|`)", "", text)
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", text)


def _component_lines(component: Component, names: Mapping[str, str]) -> list[str]:
    children = component.get("components", [])
    match component["type"]:
        case Kind.TEXT:
            return plain(component["content"], names).splitlines()
        case Kind.GALLERY:
            return [_media_line(item["media"]) for item in component["items"]]
        case Kind.FILE:
            return [_media_line(component["file"])]
        case Kind.THUMBNAIL:
            return [_media_line(component["media"])]
        case Kind.ACTION_ROW:
            return ["  ".join(_control(child) for child in children)]
        case Kind.BUTTON:
            return [_control(component)]
        case Kind.SECTION:
            children = [*children, component["accessory"]]
    return [line for child in children for line in _component_lines(child, names)]


def _control(component: Component) -> str:
    emoji = (component.get("emoji") or {}).get("name", "")
    label = component.get("label") or component.get("placeholder") or ""
    arrow = "↗" if component.get("style") == LINK_STYLE else ""
    text = " ".join(part for part in (emoji, label, arrow) if part)
    return f"({text})" if component.get("disabled") else f"[{text}]"


def _media_line(media: dict[str, Any]) -> str:
    sign = "🎞" if str(media.get("content_type", "")).startswith("video/") else "🖼"
    name = PurePosixPath(urlsplit(media["url"]).path).name
    size = f" {media['width']}×{media['height']}" if media.get("width") else ""
    return f"{sign} {name}{size}"


def _relative(seconds: float) -> str:
    return f"in {seconds:.0f} s" if seconds >= 0 else f"{-seconds:.0f} s ago"


def _walk(components: list[Component]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _walk(component.get("components", []))
        if accessory := component.get("accessory"):
            yield accessory

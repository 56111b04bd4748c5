"""Media inside messages: references to files when they come in, signed links when they go out.

A stored component or embed names a file by ``attachment_id`` alone; its link is signed anew each
time somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox.discord import cdn
from sandbox.discord.attachments import content_type, safe_name
from sandbox.discord.messages.palette import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.discord.attachments import Attachment
    from sandbox.discord.messages.message import Message
    from sandbox.discord.shapes import Complaints, Path
    from sandbox.discord.world import World

Json = dict[str, Any]

SCHEME = "attachment://"
LOADED = 2
UNKNOWN = 0
EMBED_PICTURES = ("image", "thumbnail")


def refer(
    item: Json, files: Sequence[Attachment], media_id: int, path: Path, complaints: Complaints
) -> Json:
    """Return how a media item is stored: by attachment id, or by its outside address."""
    url: str = item["url"]
    if not url.startswith(SCHEME):
        return {"id": str(media_id), "url": url}
    attachment = named(files, url.removeprefix(SCHEME))
    if attachment is None:
        complaints.add(
            (*path, "url"),
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            "The referenced attachment was not found",
        )
        return {"id": str(media_id), "url": url}
    return {"id": str(media_id), "attachment_id": str(attachment.id)}


def named(files: Sequence[Attachment], name: str) -> Attachment | None:
    """Return the file that ``attachment://name`` means, if there is one."""
    for attachment in files:
        if attachment.filename in (name, safe_name(name)):
            return attachment
    return None


def walk(components: Iterable[Json]) -> Iterator[Json]:
    """Yield every component, parents before children, in reading order."""
    for component in components:
        yield component
        yield from walk(component.get("components") or ())
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from walk([component[key]])


def media_items(components: Iterable[Json]) -> Iterator[Json]:
    """Yield every stored media item of a component tree."""
    for component in walk(components):
        yield from (entry["media"] for entry in component.get("items") or ())
        yield from (component[key] for key in ("media", "file") if key in component)


def texts_of(components: Iterable[Json]) -> list[str]:
    """Return the text displays of a component tree."""
    return [item["content"] for item in walk(components) if item["type"] == Kind.TEXT_DISPLAY]


def used_attachments(components: Iterable[Json], embeds: Iterable[Json]) -> set[str]:
    """Return the ids of the files that components or embeds show."""
    pictures = [embed[key] for embed in embeds for key in EMBED_PICTURES if embed.get(key)]
    items = [*media_items(components), *pictures]
    return {item["attachment_id"] for item in items if "attachment_id" in item}


def shown_attachments(message: Message) -> list[Attachment]:
    """Return the files listed with the message: none that components or embeds show.

    By intent of Discord's, see discord/discord-api-docs#8277 and PR #8279.
    """
    if message.uses_components_v2:
        return []
    used = used_attachments(message.components, message.embeds)
    return [item for item in message.attachments if str(item.id) not in used]


def render_components(world: World, message: Message) -> list[Json]:
    """Return the component tree with signed links."""
    return [_with_links(world, message, item) for item in message.components]


def render_embeds(world: World, message: Message) -> list[Json]:
    """Return the embeds with signed links."""
    rendered: list[Json] = []
    for embed in message.embeds:
        pictures = {key: _picture(world, embed[key]) for key in EMBED_PICTURES if embed.get(key)}
        rendered.append({**embed, **pictures})
    return rendered


def _with_links(world: World, message: Message, component: Json) -> Json:
    filled = dict(component)
    for key, value in component.items():
        if key in ("media", "file"):
            filled[key] = _unfurled(world, value)
        elif key in ("components", "items"):
            filled[key] = [_with_links(world, message, item) for item in value]
        elif key == "accessory":
            filled[key] = _with_links(world, message, value)
    if "file" in component:
        attachment = _attachment(world, component["file"])
        filled["name"] = attachment.filename if attachment else None
        filled["size"] = attachment.size if attachment else None
    return filled


def _unfurled(world: World, item: Json) -> Json:
    attachment = _attachment(world, item)
    if attachment is None:
        url = item["url"]
        return {
            "id": item["id"],
            "url": url,
            "proxy_url": f"{world.url}/external/{quote(url, safe='')}",
            "width": None,
            "height": None,
            "content_type": content_type(url.partition("?")[0]),
            "loading_state": UNKNOWN,
            "flags": 0,
        }
    url = cdn.link(world, attachment.path)
    return {
        "id": item["id"],
        "url": url,
        "proxy_url": url,
        "width": attachment.width,
        "height": attachment.height,
        "content_type": attachment.content_type,
        "loading_state": LOADED,
        "flags": 0,
        "attachment_id": str(attachment.id),
    }


def _picture(world: World, item: Json) -> Json:
    attachment = _attachment(world, item)
    if attachment is None:
        return item
    link = cdn.link(world, attachment.path)
    sized = {"width": attachment.width or 0, "height": attachment.height or 0}
    kind = {"content_type": attachment.content_type} if attachment.content_type else {}
    return {"url": item.get("url", link), "proxy_url": link, **sized, **kind}


def _attachment(world: World, item: Json) -> Attachment | None:
    attachment_id = item.get("attachment_id")
    return world.attachments.get(int(attachment_id)) if attachment_id else None

"""What of a message can be animated, as discord.py reads it from Discord's own objects."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from cogs.ui.sights import jobs_named_on, sights
from hailuo.engine import DISCORD_CDN
from hailuo.fetch import AllowedHosts
from hailuo.fetch.errors import UrlRefusedError
from hailuo.images.errors import PictureTooHeavyError
from hailuo.jobs.finds import NoPictureError
from hailuo.jobs.job import job_id_of
from hailuo.jobs.sources import MediaKind, VideoTooHeavyError

CDN = "https://cdn.discordapp.com/attachments/1/2"
OUTSIDE = "https://images-ext-1.discordapp.net/external/x/https/example.com"
JOB = job_id_of(1442182200000000000)


def message(**data: Any) -> discord.Message:
    """Return a message as discord.py makes it from a gateway's payload."""
    client = discord.Client(intents=discord.Intents.none())
    payload: Any = {
        "id": "5",
        "channel_id": "1",
        "author": {"id": "9", "username": "alice", "discriminator": "0", "avatar": None},
        "content": "",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        **data,
    }
    return discord.Message(
        state=client._connection, channel=client.get_partial_messageable(1), data=payload
    )


def attachment(name: str, content_type: str | None = None, **more: Any) -> dict[str, Any]:
    url = f"{CDN}/{name}?ex=1&hm=2"
    given = {"id": "7", "filename": name, "size": 1000, "url": url, "proxy_url": url, **more}
    return given if content_type is None else {**given, "content_type": content_type}


def media(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "proxy_url": f"{OUTSIDE}/proxied.png", "height": 400, "width": 400, **more}


def found(**data: Any) -> list[tuple[str, MediaKind]]:
    return [(sight.media.url, sight.media.kind) for sight in sights(message(**data))]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (attachment("a.png", "image/png", width=400, height=400), MediaKind.PICTURE),
        (attachment("a.bin", "image/webp"), MediaKind.PICTURE),
        (attachment("photo.HEIC"), MediaKind.PICTURE),
        (attachment("a.avif"), MediaKind.PICTURE),
        (attachment("clip.mp4"), MediaKind.VIDEO),
        (attachment("clip.webm", "video/webm; codecs=vp9"), MediaKind.VIDEO),
    ],
)
def test_pictures_and_videos_are_told_by_type_or_name(
    given: dict[str, Any], kind: MediaKind
) -> None:
    assert found(attachments=[given]) == [(given["url"], kind)]


@pytest.mark.parametrize("name", ["a.txt", "voice-message.ogg", "a.png.zip", "noname"])
def test_what_is_neither_is_no_picture(name: str) -> None:
    with pytest.raises(NoPictureError):
        found(attachments=[attachment(name)])


def test_what_is_outside_is_taken_from_its_proxy_alone() -> None:
    """Never from where the page says it is; without a proxy, not at all."""
    proxied = f"{OUTSIDE}/a.png"
    outside = {"url": "https://example.com/a.png", "width": 400, "height": 400}
    embeds = [{"type": "gifv", "thumbnail": {**outside, "proxy_url": proxied}}]
    assert found(embeds=embeds) == [(proxied, MediaKind.PICTURE)]
    with pytest.raises(NoPictureError):
        found(embeds=[{"type": "rich", "image": outside}])


def test_components_show_own_files_and_outside_ones() -> None:
    own = media(f"{CDN}/picture.png?ex=1", attachment_id="7", content_type="image/png")
    outside = media("https://example.com/b.png", content_type="image/png")
    clip = media(f"{CDN}/hailuo-{JOB}.mp4", attachment_id="8", content_type="video/mp4")
    section = {
        "type": 9,
        "id": 2,
        "components": [{"type": 10, "id": 3, "content": "x"}],
        "accessory": {"type": 11, "id": 4, "media": own},
    }
    gallery = {"type": 12, "id": 5, "items": [{"media": outside}, {"media": clip}]}
    container = {"type": 17, "id": 1, "components": [section, gallery]}
    assert found(flags=1 << 15, components=[container]) == [
        (own["url"], MediaKind.PICTURE),
        (outside["proxy_url"], MediaKind.PICTURE),
        (clip["url"], MediaKind.VIDEO),
    ]


def test_a_forwarded_message_is_looked_into() -> None:
    inner = {
        "attachments": [attachment("a.png", "image/png")],
        "embeds": [],
        "type": 0,
        "content": "",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "edited_timestamp": None,
    }
    reference = {"type": 1, "message_id": "4", "channel_id": "1"}
    forwarded = {"message_snapshots": [{"message": inner}], "message_reference": reference}
    assert found(**forwarded) == [(inner["attachments"][0]["url"], MediaKind.PICTURE)]


def test_the_same_file_twice_is_one_picture() -> None:
    picture = {"url": f"{CDN}/a.png", "proxy_url": f"{CDN}/a.png", "width": 400, "height": 400}
    assert len(found(embeds=[{"type": "rich", "image": picture, "thumbnail": picture}])) == 1


def test_what_is_too_large_is_refused_unless_something_else_is_there() -> None:
    heavy = attachment("a.png", "image/png", size=60_000_000)
    long = attachment("a.mp4", "video/mp4", size=200_000_000)
    with pytest.raises(PictureTooHeavyError):
        found(attachments=[heavy])
    with pytest.raises(VideoTooHeavyError):
        found(attachments=[long])
    assert len(found(attachments=[heavy, long, attachment("b.png", "image/png")])) == 1


def test_a_card_names_its_job_in_buttons_and_files_and_not_in_its_words() -> None:
    other = job_id_of(1442182200000000001)
    row = {
        "type": 1,
        "id": 1,
        "components": [
            {"type": 2, "id": 2, "style": 2, "label": "Again", "custom_id": f"again:{JOB}"}
        ],
    }
    words = {"type": 10, "id": 3, "content": f'hailuo-{other} :{other} "custom_id": "x:{other}"'}
    assert set(jobs_named_on(message(flags=1 << 15, components=[words, row]))) == {JOB}
    posted = attachment(f"hailuo-{JOB}.mp4", "video/mp4")
    assert jobs_named_on(message(attachments=[posted])) == [JOB]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        (f"{CDN}/a.png", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        (f"{OUTSIDE}/a.png", True),
        ("https://example.com/a.png", False),
        ("https://images-ext-1.discordapp.net.example.com/a.png", False),
        ("https://other.discordapp.net/a.png", False),
        ("http://cdn.discordapp.com/a.png", False),
    ],
)
def test_only_discords_own_hosts_are_asked(url: str, *, allowed: bool) -> None:
    hosts = AllowedHosts.parse(DISCORD_CDN)
    if allowed:
        hosts.check(url)
    else:
        with pytest.raises(UrlRefusedError):
            hosts.check(url)

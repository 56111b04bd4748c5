"""Every state of the card as text: ``python -m cogs.ui.gallery`` writes docs/cards.md."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from discord import ui

from cogs.tell_me import WISH
from cogs.ui import card
from cogs.ui.forecast import Promise
from cogs.ui.lineage import Origin, OriginKind
from cogs.ui.media import video_name
from cogs.ui.memory import Memory
from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    Job,
    JobState,
    Picture,
    Request,
    UserId,
    Video,
    job_id_of,
)
from hailuo.jobs.presenter import Behind, Outlook, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).parents[2] / "docs" / "cards.md"
BEGAN: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INTRODUCTION: Final = """# The card in every state

One message shows a job from its first second to its end. This page is written by
`python -m cogs.ui.gallery`; a test holds it to the code. Times stand as Discord shows them,
relative; the accent colour never says what the label beside it does not.
"""
HAS_VIDEO: Final = frozenset({JobState.DELIVERING, JobState.DELIVERED, JobState.KEPT})
_TIME: Final = re.compile(r"<t:(\d+):R>")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


def page() -> str:
    """Return docs/cards.md."""
    parts = [INTRODUCTION]
    for title, view in _cards():
        (item,) = view.children[:1]
        colour = item.accent_colour if isinstance(item, ui.Container) else None
        accent = f" · accent `{colour}`" if colour is not None else ""
        lines = "\n".join(f"    {line}".rstrip() for one in view.children for line in _lines(one))
        parts.append(f"## {title}{accent}\n\n{lines}\n")
    return "\n".join(parts)


def _cards() -> Iterator[tuple[str, ui.LayoutView]]:
    """Draw each state, as a job meets them."""
    job = _job(JobState.ACCEPTED)
    span = (BEGAN + timedelta(minutes=2), BEGAN + timedelta(minutes=4))
    promise = Promise(Outlook(3, *span))
    yield "Accepted", card.progress(job)
    in_line = Outlook(place=Place(4, Behind.SERVER))
    yield "Waiting in line", card.progress(job, Promise(in_line))
    busy = Outlook(place=Place(200, Behind.API, exact=False))
    yield "Waiting in line, far back, because RunComfy is busy", card.progress(job, Promise(busy))
    paused = Outlook(place=Place(None, Behind.PAUSE))
    yield "Waiting in line for most of an hour, paused", card.progress(job, Promise(paused))
    yield "Submitting", card.progress(_job(JobState.SUBMITTING))
    yield "In the queue", card.progress(_job(JobState.IN_QUEUE), promise)
    asked = replace(_job(JobState.IN_QUEUE), cancel_asked_at=BEGAN, cancel_asked_by=UserId(2))
    yield "In the queue, cancel asked for", card.progress(asked, promise)
    rendering = _job(JobState.IN_PROGRESS)
    yield "Rendering", card.progress(rendering, Promise(Outlook(None, *span)))
    yield "Rendering, longer than usual", card.progress(rendering, Promise(Outlook(), late=True))
    yield "Rendering, Tell me pressed", card.progress(_with_wish(rendering))
    stopped = replace(rendering, cancel_asked_at=BEGAN, cancel_asked_by=UserId(1))
    yield "Rendering, cancel came too late", card.progress(stopped)
    yield "Fetching", card.progress(_job(JobState.FETCHING))
    delivering = _job(JobState.DELIVERING)
    yield "Posting", card.progress(delivering)
    name = video_name(job)
    yield "Done", card.finished(delivering, f"attachment://{name}")
    yield "Done, too large to attach", card.linked(delivering)
    origin = Origin(OriginKind.CONTINUE, "https://discord.com/…")
    went_on = replace(delivering, request=origin.of(delivering.request))
    yield "Done, went on from another video", card.finished(went_on, f"attachment://{name}")
    yield (
        "Done, the video is in a message of its own",
        card.moved(delivering, "https://discord.com/…"),
    )
    yield "Done, the video went by direct message", card.moved(delivering, None)
    failed = replace(_job(JobState.FAILED), reason=None)
    yield "Failed", card.ended(failed)
    cancelled = replace(_job(JobState.CANCELLED), cancel_asked_by=UserId(2))
    yield "Cancelled by a moderator", card.ended(cancelled)
    yield "Unclear", card.ended(_job(JobState.UNKNOWN))
    yield "Kept", card.ended(_job(JobState.KEPT))
    yield "Told, once, where Tell me was pressed", card.called(delivering, "https://discord.com/…")


def _job(state: JobState) -> Job:
    address = CardAddress(
        message_id=1,
        token="",
        token_expires_at=BEGAN,
        upload_limit=0,
        app_permissions=0,
        memory=Memory(quota=(2, 5)).dump(),
    )
    request = Request(
        interaction_id=1,
        user_id=UserId(1),
        guild_id=None,
        channel_id=ChannelId(1),
        prompt="the *waves* roll in while the lighthouse turns",
        prompt_optimizer=True,
        card=address,
        locale="en-US",
    )
    video = Video("video.mp4", "https://playgrounds.runcomfy.net/…", 1, 1280, 720, 5.6)
    return Job(
        id=job_id_of(1442182200000000000),
        request=request,
        picture=Picture("picture.png", 1280, 720),
        state=state,
        created_at=BEGAN,
        state_at=BEGAN + timedelta(minutes=3, seconds=12),
        owner=None,
        video=video if state in HAS_VIDEO else None,
    )


def _with_wish(job: Job) -> Job:
    address = replace(job.request.card, memory={**job.request.card.memory, WISH: True})
    return replace(job, request=replace(job.request, card=address))


def _lines(item: ui.Item[Any]) -> Iterator[str]:
    """Return what a component shows, as lines of text."""
    match item:
        case ui.Container():
            for child in item.children:
                yield from _lines(child)
        case ui.Section():
            for child in item.children:
                yield from _lines(child)
            yield from _lines(item.accessory)
        case ui.TextDisplay():
            yield from (
                _TIME.sub(_relative, item.content)
                .replace("<@1>", "@alice")
                .replace("<@2>", "@mod")
                .splitlines()
            )
        case ui.MediaGallery():
            for media in item.items:
                yield f"[{media.media.url.removeprefix('attachment://')}] alt: {media.description}"
        case ui.Thumbnail():
            yield f"[small: {item.media.url.removeprefix('attachment://')}] alt: {item.description}"
        case ui.ActionRow():
            yield " ".join(f"( {_label(child)} )" for child in item.children)
        case _:
            raise TypeError(f"the gallery cannot show {item!r}")


def _label(item: ui.Item[Any]) -> str:
    button = item.item if isinstance(item, ui.DynamicItem) else item
    return (button.label or "") if isinstance(button, ui.Button) else ""


def _relative(match: re.Match[str]) -> str:
    seconds = int(match[1]) - int(BEGAN.timestamp())
    return "a moment ago" if seconds <= 0 else f"in {seconds // 60} minutes"


if __name__ == "__main__":
    main()

"""The fullest page of a history stays within what Discord takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from discord import ui

from cogs.history import LONGEST_WORDS, controls
from cogs.ui.album import PER_PAGE, draw
from cogs.ui.language import CODES, language_of
from cogs.ui.lineage import came_from
from cogs.ui.place import job_url
from hailuo.jobs.history import Kin, Page, Search, Standing
from hailuo.jobs.job import (
    CardAddress,
    ChannelId,
    GuildId,
    Job,
    JobId,
    JobState,
    Picture,
    Request,
    UserId,
    Video,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

MOST_COMPONENTS = 40
MOST_TEXT = 4000
LONGEST_CUSTOM_ID = 100
BIG = 2**63 - 1


def fullest(number: int, state: JobState) -> Job:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    request = Request(
        interaction_id=number,
        user_id=UserId(BIG),
        guild_id=GuildId(BIG),
        channel_id=ChannelId(BIG),
        prompt="**_" * 600,
        prompt_optimizer=True,
        locale="en-US",
        card=CardAddress(BIG, "", at, 0, 0),
    )
    return Job(
        id=JobId(f"{number:013}"),
        request=request,
        picture=Picture("picture.png", 1280, 720),
        state=state,
        created_at=at,
        state_at=at,
        owner=None,
        finished_at=at + timedelta(hours=23, minutes=59),
        video=Video("video.mp4", "https://playgrounds.runcomfy.net/", 1, 1280, 720, 5.6),
    )


def walk(component: Json) -> Iterator[Json]:
    """Return a component and all within it, as Discord counts them."""
    yield component
    for child in (*component.get("components", ()), component.get("accessory")):
        if child:
            yield from walk(child)


@pytest.mark.parametrize("locale", ["en-US", *CODES])
@pytest.mark.parametrize("state", list(JobState))
def test_the_fullest_page_fits_into_a_message(locale: str, state: JobState) -> None:
    jobs = tuple(fullest(number, state) for number in range(PER_PAGE))
    kin = Kin(jobs[0], jobs[:3], more=10**6)
    page = Page(jobs, newer=True, older=True, kin={job.id: kin for job in jobs})
    search = Search(Standing.CANCELLED, "𝕎" * LONGEST_WORDS)
    say = language_of(locale)
    view = ui.LayoutView(timeout=None)
    for item in (*draw(page, search, {job.id for job in jobs}, say), *controls(page, search, say)):
        view.add_item(item)
    items = [item for top in view.to_components() for item in walk(top)]
    assert len(items) <= MOST_COMPONENTS
    assert sum(len(one["content"]) for one in items if "content" in one) <= MOST_TEXT
    ids = [one["custom_id"] for one in items if "custom_id" in one]
    assert ids
    assert max(len(one.encode("utf-16-le")) // 2 for one in ids) <= LONGEST_CUSTOM_ID
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("posted", "private", "place"),
    [
        (None, False, f"{BIG}/{BIG}/{BIG}"),
        ([BIG, 7], False, f"{BIG}/{BIG}/7"),
        ([8, 7], False, "@me/8/7"),
        (None, True, f"@me/{BIG}/{BIG}"),
    ],
)
def test_an_entry_leads_to_where_its_video_is_now(
    posted: list[int] | None, private: bool, place: str
) -> None:
    job = fullest(1, JobState.DELIVERED)
    card = replace(job.request.card, memory={"posted": posted})
    moved = replace(job, request=replace(job.request, card=card, private=private))
    assert job_url(moved) == f"https://discord.com/channels/{place}"


def test_an_entry_says_how_its_video_came_from_another() -> None:
    job = fullest(1, JobState.DELIVERED)
    card = replace(job.request.card, memory={"origin": "again"})
    again = replace(job, request=replace(job.request, card=card))
    say = language_of(None)
    assert came_from(again, "https://x", say) == "[this video](https://x) once more"
    assert came_from(job, "https://x", say) == "continues [this video](https://x)"

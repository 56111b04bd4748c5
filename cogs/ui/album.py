"""Draws a page of a member's history: one entry each, with its picture, lineage and buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import ui

from cogs.cancel import CancelButton
from cogs.delete import DeleteButton
from cogs.replay import ResendButton, ShowButton
from cogs.ui.card import LOOKS
from cogs.ui.lineage import came_from
from cogs.ui.place import job_url
from cogs.ui.text import escape, length, plain, relative, shorten
from hailuo.jobs.history import Kin, Standing
from hailuo.jobs.job import CANCELLABLE
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cogs.ui.language import Language
    from hailuo.jobs.history import Page, Search
    from hailuo.jobs.job import Job, JobId

PER_PAGE: Final = 4
"""Jobs on a page; a message holds 40 components, and a test counts those of the fullest page."""
SHOWN_PROMPT: Final = 160

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.RUNNING: N_("Running"),
    Standing.DONE: N_("Done"),
    Standing.FAILED: N_("Failed"),
    Standing.CANCELLED: N_("Cancelled"),
    Standing.UNCLEAR: N_("Unclear"),
}
TITLE: Final = N_("Your videos")
NOTHING_YET: Final = N_(
    "You have made no videos yet. `/animate` makes one from a picture and a prompt."
)
NOTHING_FOUND: Final = N_("None of your videos fits this search.")


def thumbnail_name(job_id: JobId) -> str:
    """Return the file name that a job's thumbnail has on the page."""
    return f"{job_id}.jpg"


def draw(
    page: Page, search: Search, pictured: Collection[JobId], say: Language
) -> Iterator[ui.Item[Any]]:
    """Draw heading and entries; ``pictured`` are the ids of jobs whose thumbnail comes along."""
    yield ui.TextDisplay(_heading(search, say))
    if not page.jobs:
        searching = search.standing is not None or search.words
        yield ui.TextDisplay(say(NOTHING_FOUND if searching else NOTHING_YET))
    for job in page.jobs:
        yield _entry(job, page.kin.get(job.id, Kin()), say, pictured=job.id in pictured)


def _heading(search: Search, say: Language) -> str:
    parts = [] if search.standing is None else [say(STANDINGS[search.standing])]
    if search.words:
        parts.append(say("with “{words}”", words=escape(search.words)))
    found = f"\n-# {' · '.join(parts)}" if parts else ""
    return f"### {say(TITLE)}{found}"


def _entry(job: Job, kin: Kin, say: Language, *, pictured: bool) -> ui.Container[Any]:
    text = ui.TextDisplay[Any]("\n".join(_lines(job, kin, say)))
    top: ui.Item[Any] = text
    if pictured:
        thumbnail = ui.Thumbnail[Any](f"attachment://{thumbnail_name(job.id)}")
        top = ui.Section(text, accessory=thumbnail)
    buttons = _buttons(job, say)
    row = (ui.ActionRow[Any](*buttons),) if buttons else ()
    return ui.Container(top, *row, accent_colour=LOOKS[job.state].colour)


def _lines(job: Job, kin: Kin, say: Language) -> Iterator[str]:
    """Say what was asked, how it ended and when, where its card is, and its lineage."""
    facts = [f"**{say(LOOKS[job.state].label)}**", relative(job.created_at)]
    if job.finished_at is not None:
        duration = length((job.finished_at - job.created_at).total_seconds(), say)
        facts.append(say("took {duration}", duration=duration))
    url = job_url(job)
    if url is not None:
        facts.append(f"[{say('Go to the card')}]({url})")
    yield " · ".join(facts)
    yield f"> {escape(shorten(plain(job.request.prompt), SHOWN_PROMPT))}"
    lineage = " · ".join(_lineage(job, kin, say))
    if lineage:
        yield f"-# {lineage}"


def _lineage(job: Job, kin: Kin, say: Language) -> Iterator[str]:
    parent = None if kin.parent is None else job_url(kin.parent)
    if parent is not None:
        yield came_from(job, parent, say)
    urls = [url for url in map(job_url, kin.children) if url is not None]
    if not urls:
        return
    links = ", ".join(f"[{number}]({url})" for number, url in enumerate(urls, 1))
    if kin.more:
        yield say("continued in {links} and {count} more", links=links, count=kin.more)
    else:
        yield say("continued in {links}", links=links)


def _buttons(job: Job, say: Language) -> list[ui.Item[Any]]:
    if job.live:
        return [CancelButton(job.id, say)] if job.state in CANCELLABLE else []
    shown = [ShowButton(job.id, say), ResendButton(job.id, say)] if job.video is not None else []
    return [*shown, DeleteButton(job.id, say)]

"""Draws the one living message of a job: what it says in each state, and how that looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from cogs.again import AgainButton
from cogs.cancel import CancelButton
from cogs.delete import DeleteButton
from cogs.sequels import SequelButton
from cogs.tell_me import TellMeButton, is_asked
from cogs.ui.language import card_language
from cogs.ui.lineage import OriginKind, origin_line
from cogs.ui.media import picture_name
from cogs.ui.text import escape, length, plain, quoted, relative, shorten
from hailuo.jobs.job import ENDS, JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.forecast import Promise
    from hailuo.jobs.job import Job

_ALT_LENGTH: Final = 200
LONGEST_BUTTON_URL: Final = 512
"""Characters, by Discord's rule for a link button."""
LONGEST_TEXT_URL: Final = 3000

UNKNOWN: Final = (
    "The connection broke while the job was being sent, so nobody can tell whether it was taken. "
    "It counts for now, is given back if nothing comes of it, and is not sent a second time; the "
    "people who run this bot can look into it."
)
FAILED: Final = "No video came of it. It was not counted; please try again."
GONE: Final = "Its link is too long to be shown here; /history has it."


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks; the label always says in words what the colour says."""

    label: str
    colour: discord.Colour


LOOKS: Final[Mapping[JobState, Look]] = {
    JobState.ACCEPTED: Look("⏳ Getting ready", discord.Colour.light_grey()),
    JobState.SUBMITTING: Look("📨 Sending", discord.Colour.light_grey()),
    JobState.IN_QUEUE: Look("🕒 In the queue", discord.Colour.blue()),
    JobState.IN_PROGRESS: Look("🎬 Rendering", discord.Colour.purple()),
    JobState.FETCHING: Look("📥 Fetching the video", discord.Colour.purple()),
    JobState.DELIVERING: Look("📤 Posting the video", discord.Colour.purple()),
    JobState.DELIVERED: Look("✅ Done", discord.Colour.green()),
    JobState.FAILED: Look("⚠️ Failed", discord.Colour.red()),
    JobState.CANCELLED: Look("✖️ Cancelled", discord.Colour.dark_grey()),
    JobState.UNKNOWN: Look("❔ Unclear", discord.Colour.orange()),
    JobState.KEPT: Look("📦 Kept", discord.Colour.green()),
}


def progress(job: Job, promise: Promise | None = None) -> ui.LayoutView:
    """Draw a job that is under way: its picture large, its stage, Cancel and Tell me."""
    look = LOOKS[job.state]
    buttons: list[ui.Item[Any]] = [CancelButton(job.id)]
    if not is_asked(job):
        buttons.append(TellMeButton(job.id))
    return _card(
        look,
        ui.TextDisplay(_heading(job, look)),
        ui.MediaGallery(_picture(job)),
        ui.TextDisplay("\n".join(_stage(job, promise))),
        ui.ActionRow[Any](*buttons),
    )


def finished(job: Job, video: str, *, with_picture: bool = True) -> ui.LayoutView:
    """Draw a job whose video is here; ``video`` is ``attachment://…`` or a media URL."""
    look = LOOKS[JobState.DELIVERED]
    return _card(
        look,
        _top(job, look, with_picture=with_picture),
        ui.MediaGallery(discord.MediaGalleryItem(video, description=_alt("Video", job))),
        ui.TextDisplay(_done_line(job)),
        _after(job),
    )


def linked(job: Job) -> ui.LayoutView:
    """Draw a job whose video is too large for this place, or may not be attached here."""
    look = LOOKS[JobState.DELIVERED]
    return _card(
        look,
        ui.TextDisplay(_heading(job, look)),
        ui.TextDisplay(
            "The video cannot be attached here, so this is its link. RunComfy does not say how "
            f"long it lives: save the video within a few days.\n{_done_line(job)}\n"
            f"{_reference(job)}"
        ),
        link_to(job.video.url if job.video is not None else ""),
        _after(job),
    )


def link_to(url: str) -> ui.Item[Any]:
    """Return a button that leads to a video, or a text where the URL is too long for a button."""
    if len(url) <= LONGEST_BUTTON_URL:
        return ui.ActionRow[Any](ui.Button(label="Open the video", url=url))
    return ui.TextDisplay(f"[Open the video](<{url}>)" if len(url) <= LONGEST_TEXT_URL else GONE)


def ended(job: Job, *, with_picture: bool = True) -> ui.LayoutView:
    """Draw a job that ended without a video to show here."""
    look = LOOKS[job.state]
    top = _top(job, look, with_picture=with_picture)
    text = ui.TextDisplay[Any](f"{end_line(job)}\n{_reference(job)}")
    # What is unclear may yet come about: nobody needs it twice.
    after = () if job.state is JobState.UNKNOWN else (_after(job),)
    return _card(look, top, text, *after)


def moved(job: Job, place: str | None) -> ui.LayoutView:
    """Draw a card whose end had to be posted elsewhere: at ``place``, or (None) as a DM."""
    look = LOOKS[job.state if job.state in ENDS else JobState.DELIVERED]
    where = "in a direct message" if place is None else f"[in a message of its own]({place})"
    text = f"It could not be shown here, so it is {where}.\n{_reference(job)}"
    return _card(look, ui.TextDisplay(_heading(job, look)), ui.TextDisplay(text))


def called(job: Job, url: str) -> ui.LayoutView:
    """Draw the one message that mentions somebody: the requester, who asked for it."""
    done = job.state not in ENDS or job.state is JobState.DELIVERED
    what = "your video is ready." if done else "your video did not come about; the card tells why."
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(f"<@{job.request.user_id}>, {what}"))
    view.add_item(ui.ActionRow(ui.Button(label="Go to it", url=url)))
    return view


def without_prompt(job: Job) -> Job:
    """Return the job without its member's words, for a server whose AutoMod objects to them."""
    return replace(job, request=replace(job.request, prompt=""))


def end_line(job: Job) -> str:
    """Return what happened, whether it counted, and what to do, for a job that has ended."""
    match job.state:
        case JobState.CANCELLED:
            by = job.cancel_asked_by
            who = f" by <@{by}>" if by is not None and by != job.request.user_id else ""
            return f"Stopped{who} in time. It was not counted."
        case JobState.UNKNOWN:
            return escape(job.reason or UNKNOWN)
        case JobState.KEPT:
            return "The video is ready but cannot be posted here. It counted; /history has it."
        case _:
            return escape(job.reason or FAILED)


def _card(look: Look, *items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*items, accent_colour=look.colour))
    return view


def _top(job: Job, look: Look, *, with_picture: bool) -> ui.Item[Any]:
    heading = _heading(job, look)
    if not with_picture:
        return ui.TextDisplay(heading)
    return ui.Section(heading, accessory=_thumbnail(job))


def _heading(job: Job, look: Look) -> str:
    lines = [f"### {look.label}", f"<@{job.request.user_id}> animates"]
    if job.request.prompt:
        lines.append(quoted(job.request.prompt))
    origin = origin_line(job, card_language(job.request))
    return "\n".join(lines if origin is None else [*lines, origin])


def _after(job: Job) -> ui.ActionRow[Any]:
    """Draw what can be done with a job that has ended."""
    say = card_language(job.request)
    buttons: list[ui.Item[Any]] = [
        AgainButton(job.id, say),
        SequelButton(OriginKind.EDIT, job.id, say),
    ]
    if job.video is not None:
        buttons.append(SequelButton(OriginKind.CONTINUE, job.id, say))
    return ui.ActionRow[Any](*buttons, DeleteButton(job.id, say))


def _stage(job: Job, promise: Promise | None) -> list[str]:
    lines = [_stage_line(job, promise)]
    if promise is not None:
        lines += _time_ahead(promise)
    if is_asked(job):
        lines.append(f"<@{job.request.user_id}> will be told when it is done.")
    lines.append(f"-# Asked {relative(job.created_at)} · counts as one video of the quota")
    return lines


def _time_ahead(promise: Promise) -> list[str]:
    outlook = promise.outlook
    lines = ["It takes longer than usual."] if promise.late else []
    if outlook.ready_from and outlook.ready_until:
        span = f"{relative(outlook.ready_from)} to {relative(outlook.ready_until)}"
        lines.append(f"Expected {span}")
    return lines


def _stage_line(job: Job, promise: Promise | None) -> str:
    match job.state:
        case JobState.ACCEPTED | JobState.SUBMITTING if job.cancel_pending:
            return "Cancelling as soon as the API has answered."
        case JobState.ACCEPTED | JobState.SUBMITTING:
            return "The picture is on its way to the API."
        case JobState.IN_QUEUE if job.cancel_pending:
            return "The API has been asked to stop it."
        case JobState.IN_QUEUE:
            place = promise.outlook.queue_position if promise else None
            where = "Waiting its turn" if place is None else f"Place {place} in the API's queue"
            return f"{where}; cancelling now costs nothing."
        case JobState.IN_PROGRESS if job.cancel_asked_at is not None:
            return "It could not be stopped in time: it will finish, and it counts."
        case JobState.IN_PROGRESS:
            return "The API is drawing the video."
        case JobState.FETCHING:
            return "The video is rendered and on its way here."
        case _:
            return "The video is here and being posted."


def _done_line(job: Job) -> str:
    video = job.video
    parts = [f"Done in {length((job.state_at - job.created_at).total_seconds())}"]
    if video is not None:
        parts += [f"{video.seconds:.1f} s", f"{video.width}×{video.height}"]
    parts.append("counted as one video of the quota")
    line = " · ".join(parts)
    if job.cancel_asked_at is not None:
        line += "\n-# It could not be stopped in time, so it finished and counts."
    return line


def _reference(job: Job) -> str:
    """Return what a job is found again by: by its people, and by the bot after a crash."""
    return f"-# Job {job.id}"


def _picture(job: Job) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(
        f"attachment://{picture_name(job)}", description=_alt("Picture", job)
    )


def _thumbnail(job: Job) -> ui.Thumbnail[Any]:
    return ui.Thumbnail(f"attachment://{picture_name(job)}", description=_alt("Picture", job))


def _alt(what: str, job: Job) -> str:
    prompt = plain(job.request.prompt)
    return shorten(f"{what} to the prompt: {prompt}" if prompt else what, _ALT_LENGTH)

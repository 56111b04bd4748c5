"""Draws the one living message of a job: how each state looks."""

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
from cogs.ui.lineage import OriginKind, origin_line, without_origin
from cogs.ui.media import picture_name
from cogs.ui.memory import Memory
from cogs.ui.sentences import done_line, end_line, stage_lines
from cogs.ui.text import plain, quoted, shorten
from hailuo.jobs.job import ENDS, JobState
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.forecast import Promise
    from cogs.ui.language import Language
    from hailuo.jobs.job import Job

_ALT_LENGTH: Final = 200
LONGEST_BUTTON_URL: Final = 512
"""Characters, by Discord's rule for a link button."""
LONGEST_TEXT_URL: Final = 2700
"""Characters, so that the fullest card stays within a message's 4,000 of text."""

LINKED: Final = N_(
    "The video cannot be attached here, so this is its link. RunComfy does not say how long it "
    "lives: save the video within a few days."
)
GONE: Final = N_("Its link is too long to be shown here; /history has it.")


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks; the label, still to be translated, says what the colour says."""

    label: str
    colour: discord.Colour


LOOKS: Final[Mapping[JobState, Look]] = {
    JobState.ACCEPTED: Look(N_("⏳ Getting ready"), discord.Colour.light_grey()),
    JobState.SUBMITTING: Look(N_("📨 Sending"), discord.Colour.light_grey()),
    JobState.IN_QUEUE: Look(N_("🕒 In the queue"), discord.Colour.blue()),
    JobState.IN_PROGRESS: Look(N_("🎬 Rendering"), discord.Colour.purple()),
    JobState.FETCHING: Look(N_("📥 Fetching the video"), discord.Colour.purple()),
    JobState.DELIVERING: Look(N_("📤 Posting the video"), discord.Colour.purple()),
    JobState.DELIVERED: Look(N_("✅ Done"), discord.Colour.green()),
    JobState.FAILED: Look(N_("⚠️ Failed"), discord.Colour.red()),
    JobState.CANCELLED: Look(N_("✖️ Cancelled"), discord.Colour.dark_grey()),
    JobState.UNKNOWN: Look(N_("❔ Unclear"), discord.Colour.orange()),
    JobState.KEPT: Look(N_("📦 Kept"), discord.Colour.green()),
}

IN_LINE: Final = Look(N_("⏳ Waiting in line"), discord.Colour.light_grey())
"""How an accepted job looks that waits for its turn."""


def progress(job: Job, promise: Promise | None = None) -> ui.LayoutView:
    """Draw a job that is under way: its picture large, its stage, Cancel and Tell me."""
    waits = promise is not None and promise.outlook.place is not None
    look = IN_LINE if waits else LOOKS[job.state]
    say = card_language(job.request)
    buttons: list[ui.Item[Any]] = [CancelButton(job.id, say)]
    if not is_asked(job):
        buttons.append(TellMeButton(job.id, say))
    return _card(
        look,
        ui.TextDisplay(_heading(job, look, say)),
        ui.MediaGallery(_picture(job, say)),
        ui.TextDisplay("\n".join(stage_lines(job, promise, say))),
        ui.ActionRow[Any](*buttons),
    )


def finished(job: Job, video: str, *, with_picture: bool = True) -> ui.LayoutView:
    """Draw a job whose video is here; ``video`` is ``attachment://…`` or a media URL."""
    look = LOOKS[JobState.DELIVERED]
    say = card_language(job.request)
    return _card(
        look,
        _top(job, look, say, with_picture=with_picture),
        ui.MediaGallery(discord.MediaGalleryItem(video, description=_video_alt(job, say))),
        ui.TextDisplay(done_line(job, say)),
        _after(job, say),
    )


def linked(job: Job) -> ui.LayoutView:
    """Draw a job whose video is too large for this place, or may not be attached here."""
    look = LOOKS[JobState.DELIVERED]
    say = card_language(job.request)
    return _card(
        look,
        ui.TextDisplay(_heading(job, look, say)),
        ui.TextDisplay(f"{say(LINKED)}\n{done_line(job, say)}\n{_reference(job, say)}"),
        link_to(job.video.url if job.video is not None else "", say),
        _after(job, say),
    )


def link_to(url: str, say: Language) -> ui.Item[Any]:
    """Return a button that leads to a video, or a text where the URL is too long for a button."""
    if len(url) <= LONGEST_BUTTON_URL:
        return ui.ActionRow[Any](ui.Button(label=say("Open the video"), url=url))
    text = f"[{say('Open the video')}](<{url}>)"
    return ui.TextDisplay(text if len(url) <= LONGEST_TEXT_URL else say(GONE))


def ended(job: Job, *, with_picture: bool = True) -> ui.LayoutView:
    """Draw a job that ended without a video to show here."""
    look = LOOKS[job.state]
    say = card_language(job.request)
    top = _top(job, look, say, with_picture=with_picture)
    text = ui.TextDisplay[Any](f"{end_line(job)}\n{_reference(job, say)}")
    # What is unclear may yet come about: nobody needs it twice.
    after = () if job.state is JobState.UNKNOWN else (_after(job, say),)
    return _card(look, top, text, *after)


def moved(job: Job, place: str | None) -> ui.LayoutView:
    """Draw a card whose end had to be posted elsewhere: at ``place``, or (None) as a DM."""
    look = LOOKS[job.state if job.state in ENDS else JobState.DELIVERED]
    say = card_language(job.request)
    text = (
        say("It could not be shown here, so it is in a direct message.")
        if place is None
        else say(
            "It could not be shown here, so it is [in a message of its own]({place}).", place=place
        )
    )
    text = f"{text}\n{_reference(job, say)}"
    return _card(look, ui.TextDisplay(_heading(job, look, say)), ui.TextDisplay(text))


def called(job: Job, url: str) -> ui.LayoutView:
    """Draw the one message that mentions somebody: the requester, who asked for it."""
    done = job.state not in ENDS or job.state in {JobState.DELIVERED, JobState.KEPT}
    say = card_language(job.request)
    member = f"<@{job.request.user_id}>"
    text = (
        say("{member}, your video is ready.", member=member)
        if done
        else say("{member}, your video did not come about; the card tells why.", member=member)
    )
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    view.add_item(ui.ActionRow(ui.Button(label=say("Go to it"), url=url)))
    return view


def end_mark(job: Job) -> str:
    """Return what a message that shows the job's end has; what is unclear may yet come about."""
    return DeleteButton(job.id).custom_id


def counted(job: Job, quota: tuple[int, int]) -> Job:
    """Return the job with how many of its member's videos count by now, and of how many."""
    card = job.request.card
    memory = {**card.memory, **replace(Memory.load(card.memory), quota=quota).dump()}
    return replace(job, request=replace(job.request, card=replace(card, memory=memory)))


def without_prompt(job: Job) -> Job:
    """Return the job without its member's words and any link, which AutoMod may object to.

    The API's word on a failure goes with them: it may quote the prompt.
    """
    reason = None if job.state is JobState.FAILED else job.reason
    return replace(job, request=replace(without_origin(job.request), prompt=""), reason=reason)


def _card(look: Look, *items: ui.Item[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*items, accent_colour=look.colour))
    return view


def _top(job: Job, look: Look, say: Language, *, with_picture: bool) -> ui.Item[Any]:
    heading = _heading(job, look, say)
    if not with_picture:
        return ui.TextDisplay(heading)
    return ui.Section(heading, accessory=_thumbnail(job, say))


def _heading(job: Job, look: Look, say: Language) -> str:
    who = say("{member} animates", member=f"<@{job.request.user_id}>")
    lines = [f"### {say(look.label)}", who]
    if job.request.prompt:
        lines.append(quoted(job.request.prompt))
    origin = origin_line(job, say)
    return "\n".join(lines if origin is None else [*lines, origin])


def _after(job: Job, say: Language) -> ui.ActionRow[Any]:
    """Draw what can be done with a job that has ended."""
    buttons: list[ui.Item[Any]] = [
        AgainButton(job.id, say),
        SequelButton(OriginKind.EDIT, job.id, say),
    ]
    if job.video is not None:
        buttons.append(SequelButton(OriginKind.CONTINUE, job.id, say))
    return ui.ActionRow[Any](*buttons, DeleteButton(job.id, say))


def _reference(job: Job, say: Language) -> str:
    """Return what a job is found again by: by its people, and by the bot after a crash."""
    return f"-# {say('Job {job}', job=job.id)}"


def _picture(job: Job, say: Language) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(
        f"attachment://{picture_name(job)}", description=_picture_alt(job, say)
    )


def _thumbnail(job: Job, say: Language) -> ui.Thumbnail[Any]:
    return ui.Thumbnail(f"attachment://{picture_name(job)}", description=_picture_alt(job, say))


def _picture_alt(job: Job, say: Language) -> str:
    prompt = plain(job.request.prompt)
    alt = say("Picture to the prompt: {prompt}", prompt=prompt) if prompt else say("Picture")
    return shorten(alt, _ALT_LENGTH)


def _video_alt(job: Job, say: Language) -> str:
    prompt = plain(job.request.prompt)
    alt = say("Video to the prompt: {prompt}", prompt=prompt) if prompt else say("Video")
    return shorten(alt, _ALT_LENGTH)

"""What a card says of its job: where it stands, what is ahead, what it cost, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cogs.tell_me import is_asked
from cogs.ui.language import card_language
from cogs.ui.memory import Memory
from cogs.ui.text import length, relative, said
from hailuo.jobs.job import JobState
from hailuo.jobs.presenter import EXACT_UNTIL, Behind
from hailuo.wording import N_, Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cogs.ui.forecast import Promise
    from cogs.ui.language import Language
    from hailuo.jobs.job import Job
    from hailuo.jobs.presenter import Place

UNKNOWN: Final = N_(
    "The connection broke while the job was being sent, so nobody can tell whether it was taken. "
    "It counts for now, is given back if nothing comes of it, and is not sent a second time; the "
    "people who run this bot can look into it."
)
FAILED: Final = N_("No video came of it. It was not counted; please try again.")
GIVEN_BACK: Final = N_("not counted, since it had been given back")
WAITS_FOR: Final[Mapping[Behind, str]] = {
    Behind.SERVER: N_("This server makes as many videos as it may at once."),
    Behind.API: N_("RunComfy is busy and takes no more videos for the moment."),
    Behind.PAUSE: N_("New videos are paused by the people who run this bot."),
}


def stage_lines(job: Job, promise: Promise | None, say: Language) -> list[str]:
    """Return where a live job stands, what is ahead, and what it cost."""
    place = None if promise is None else promise.outlook.place
    lines = [_stage_line(job, promise, say) if place is None else _place_in_line(place, say)]
    if promise is not None:
        lines += _time_ahead(promise, say)
    if is_asked(job):
        member = f"<@{job.request.user_id}>"
        lines.append(say("{member} will be told when it is done.", member=member))
    when = relative(job.created_at)
    lines.append(f"-# {say('Asked {when}', when=when)} · {_cost(job, say)}")
    return lines


def _cost(job: Job, say: Language) -> str:
    """Say what the job costs from its member's quota: all that counted once it was accepted."""
    if job.given_back:
        return say(GIVEN_BACK)
    quota = Memory.load(job.request.card.memory).quota
    if quota is None:
        return say("counts as one video of the quota")
    used, limit = quota
    return say("counts as one video: {used} of {limit} used", used=used, limit=limit)


def _time_ahead(promise: Promise, say: Language) -> list[str]:
    outlook = promise.outlook
    lines = [say("It takes longer than usual.")] if promise.late else []
    if outlook.ready_from and outlook.ready_until:
        first, last = relative(outlook.ready_from), relative(outlook.ready_until)
        lines.append(say("Expected {first} to {last}", first=first, last=last))
    return lines


def _stage_line(job: Job, promise: Promise | None, say: Language) -> str:
    match job.state:
        case JobState.ACCEPTED | JobState.SUBMITTING if job.cancel_pending:
            return say("Cancelling as soon as the API has answered.")
        case JobState.ACCEPTED | JobState.SUBMITTING:
            return say("The picture is on its way to the API.")
        case JobState.IN_QUEUE if job.cancel_pending:
            return say("The API has been asked to stop it.")
        case JobState.IN_QUEUE:
            return _queue_line(promise, say)
        case JobState.IN_PROGRESS if job.cancel_asked_at is not None:
            return say(
                N_("It could not be stopped in time: it will finish.")
                if job.given_back
                else N_("It could not be stopped in time: it will finish, and it counts.")
            )
        case JobState.IN_PROGRESS:
            return say("The API is drawing the video.")
        case JobState.FETCHING:
            return say("The video is rendered and on its way here.")
        case _:
            return say("The video is here and being posted.")


def _place_in_line(place: Place, say: Language) -> str:
    """Return where a job stands that waits for its turn, what for, and what it may do meanwhile."""
    where = ""
    if place.number is not None:
        about = N_("Place {place} in line.") if place.exact else N_("About place {place} in line.")
        where = say(about, place=place.number) + " "
    turn = say("It begins by itself when its turn comes; cancelling now costs nothing.")
    return f"{where}{say(WAITS_FOR[place.behind])}\n{turn}"


def _queue_line(promise: Promise | None, say: Language) -> str:
    place = promise.outlook.queue_position if promise else None
    if place is None:
        return say("Waiting its turn; cancelling now costs nothing.")
    about = (
        N_("Place {place} in the API's queue; cancelling now costs nothing.")
        if place <= EXACT_UNTIL
        else N_("About place {place} in the API's queue; cancelling now costs nothing.")
    )
    return say(about, place=place)


def done_line(job: Job, say: Language) -> str:
    """Return how long a finished job took, what came of it, and whether it counted."""
    video = job.video
    took = length((job.state_at - job.created_at).total_seconds(), say)
    parts = [say("Done in {duration}", duration=took)]
    if video is not None:
        seconds = say("{seconds} s", seconds=say.number(video.seconds))
        parts += [seconds, f"{video.width}×{video.height}"]
    parts.append(say(GIVEN_BACK if job.given_back else N_("counted as one video of the quota")))
    line = " · ".join(parts)
    if job.cancel_asked_at is not None:
        late = (
            N_("It could not be stopped in time, so it finished.")
            if job.given_back
            else N_("It could not be stopped in time, so it finished and counts.")
        )
        line += f"\n-# {say(late)}"
    return line


def end_line(job: Job) -> str:
    """Return what happened, whether it counted, and what to do, for a job that has ended."""
    say = card_language(job.request)
    match job.state:
        case JobState.CANCELLED:
            by = job.cancel_asked_by
            if by is None or by == job.request.user_id:
                return say("Stopped in time. It was not counted.")
            return say("Stopped by {member} in time. It was not counted.", member=f"<@{by}>")
        case JobState.UNKNOWN:
            return said(job.reason or Wording(UNKNOWN), say)
        case JobState.KEPT if job.given_back:
            return say(
                "The video is ready but cannot be posted here. It was not counted; /history has it."
            )
        case JobState.KEPT:
            return say("The video is ready but cannot be posted here. It counted; /history has it.")
        case _:
            return said(job.reason or Wording(FAILED), say)

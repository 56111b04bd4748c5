"""What a final answer of Discord closes: for the one card, and for all cards of its channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from cogs.ui import codes
from cogs.ui.memory import EDITS, Act, Memory, Way

if TYPE_CHECKING:
    from hailuo.clock import Clock
    from hailuo.jobs.job import ChannelId

LASTING: Final = timedelta(minutes=10)
"""So long a channel's answer holds for its other cards; Discord counts refusals over this time."""

_ELSEWHERE: Final = (Way.DM, Way.POSTED)
"""What is refused there says nothing about the channel: what was posted may be a DM too."""

_Answer: TypeAlias = tuple[Way, Act, int]


class Closures:
    """What was refused in a channel lately, so that not every card there has to be refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[ChannelId, dict[_Answer, float]] = {}

    def note(self, channel_id: ChannelId, way: Way, act: Act, code: int) -> None:
        """Keep a final answer, where it says something about the channel."""
        if code not in codes.OF_CHANNEL:
            return
        if way not in (Way.MESSAGE, Way.CHANNEL) and code != codes.THREAD_ARCHIVED:
            return  # a token's answer holds for its own card, a DM's for its own member
        horizon = self._clock.monotonic() - LASTING.total_seconds()
        self._answers = {
            channel: answers
            for channel, answers in self._answers.items()
            if max(answers.values()) > horizon
        }
        self._answers.setdefault(channel_id, {})[way, act, code] = self._clock.monotonic()

    def reopened(self, channel_id: ChannelId) -> None:
        """Take note that the channel took a new message, which brings an archived thread back."""
        answers = self._answers.get(channel_id, {})
        for answer in [one for one in answers if one[2] == codes.THREAD_ARCHIVED]:
            del answers[answer]
        if not answers:
            self._answers.pop(channel_id, None)

    def is_archived(self, channel_id: ChannelId) -> bool:
        """Tell whether the channel is a thread that refused something lately for being archived."""
        horizon = self._clock.monotonic() - LASTING.total_seconds()
        answers = self._answers.get(channel_id, {}).items()
        return any(code == codes.THREAD_ARCHIVED and at > horizon for (*_, code), at in answers)

    def applied(self, channel_id: ChannelId, memory: Memory) -> Memory:
        """Return a card's memory without the ways that are closed in its channel now."""
        horizon = self._clock.monotonic() - LASTING.total_seconds()
        for (way, act, code), at in self._answers.get(channel_id, {}).items():
            if at > horizon:
                memory = after(memory, way, act, code)
        return memory


def after(memory: Memory, way: Way, act: Act, code: int) -> Memory:
    """Return what is left to a card after a way's final answer."""
    match code:
        case code if way is Way.POSTED and code in codes.NO_MESSAGE:
            return replace(memory, posted=None, posted_for=None)
        case codes.UNKNOWN_MESSAGE | codes.THREAD_ARCHIVED if way in EDITS:
            return memory.without(*EDITS)
        case codes.UNKNOWN_CHANNEL | codes.UNKNOWN_GUILD if way not in _ELSEWHERE:
            return memory.without(*EDITS, Way.CHANNEL)
        case codes.MISSING_ACCESS if way not in _ELSEWHERE:
            return memory.without(way, Way.MESSAGE, Way.CHANNEL)
        case codes.MISSING_PERMISSIONS if act is Act.FILE and way is not Way.DM:
            return memory.without(way, Way.CHANNEL, act=Act.FILE)
        case _:
            return memory.without(way)

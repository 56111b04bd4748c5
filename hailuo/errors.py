"""The one base of every error a person can meet."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar

from hailuo.wording import N_, Wording

if TYPE_CHECKING:
    from datetime import timedelta


class HailuoError(Exception):
    """An error with a sentence for the member and evidence for the operator.

    A subclass sets ``sentence``: what happened, whether it counted, what to do next. It is a
    ``str.format`` template filled from the keyword ``facts``, so that the sentence can be
    translated as a whole. ``detail`` is for the log alone and never reaches a member.
    """

    sentence: ClassVar[str] = N_(
        "Something went wrong on our side. Nothing was counted; please try again."
    )
    retryable: ClassVar[bool] = False
    retry_after: timedelta | None = None
    """How long whoever refused asked us to wait; None where they did not."""

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts
        self.reference = secrets.token_hex(4)

    @property
    def wording(self) -> Wording:
        """The sentence with its facts, to be said in whatever language its reader has."""
        return Wording(self.sentence, self.facts)

    @property
    def user_message(self) -> str:
        """The sentence for the member, in English."""
        return self.wording.english

    def __str__(self) -> str:
        return self.detail or self.user_message

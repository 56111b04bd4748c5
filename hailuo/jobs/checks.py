"""What may be animated: the input rules as refusals, cheap enough for Discord's metadata."""

from __future__ import annotations

from typing import ClassVar, Final

from hailuo.errors import HailuoError
from hailuo.images.errors import PictureTooHeavyError, PictureUnsupportedError
from hailuo.images.formats import MAX_FILE_BYTES
from hailuo.images.picture import Size
from hailuo.images.repairs import plan
from hailuo.runcomfy.rules import broken_prompt_rules, broken_size_rules
from hailuo.wording import N_

NO_PICTURES: Final = ("video/", "audio/", "text/", "application/pdf", "application/zip")


class InputError(HailuoError):
    """The prompt or the picture cannot be animated; nothing was counted."""


class PromptRuleError(InputError):
    """The prompt is empty or too long."""

    sentence: ClassVar[str] = N_(
        "The prompt must have {shortest} to {longest} characters. Yours has {found}. Nothing was "
        "counted; please change it and try again."
    )


class SizeRuleError(InputError):
    """The picture's sides break a rule of the API."""

    sentence: ClassVar[str] = N_(
        "{rule} Yours is {width} × {height} pixels. Nothing was counted; {remedy}."
    )


def check_prompt(prompt: str) -> None:
    """Raise `PromptRuleError` for a prompt that shows nothing or is over the limit."""
    if not any(character.isprintable() and not character.isspace() for character in prompt):
        prompt = ""  # nothing in it can be seen
    for rule in broken_prompt_rules(prompt):
        raise PromptRuleError(shortest=rule.shortest, longest=rule.longest, found=len(prompt))


def check_size(width: int, height: int) -> None:
    """Raise `SizeRuleError` for sides that the API refuses, turned upright or not."""
    error = size_error(width, height)
    if error is not None:
        raise error


def check_reparable(width: int, height: int) -> None:
    """Raise `SizeRuleError` for sides that the API refuses and no repair can help."""
    if not plan(Size(width, height)):
        check_size(width, height)


def size_error(width: int, height: int) -> SizeRuleError | None:
    """Return what is wrong with sides that the API refuses; None where nothing is."""
    for rule in broken_size_rules(width, height):
        small = rule.bound > 0
        remedy = (
            N_("please attach a larger picture")
            if small
            else N_("please crop it so that neither side is 2.5 times the other")
        )
        return SizeRuleError(rule=rule.error, width=width, height=height, remedy=remedy)
    return None


def check_file(size: int, content_type: str | None) -> None:
    """Raise for a file that is too large or, by its own word, no picture.

    Discord takes the type from the file's name, so only a clear word counts; the bytes decide
    later.
    """
    if size > MAX_FILE_BYTES:
        raise PictureTooHeavyError(found=round(size / 1e6, 1), limit=MAX_FILE_BYTES // 10**6)
    kind = (content_type or "").partition(";")[0].lower()
    if kind.startswith(NO_PICTURES) or kind in NO_PICTURES:
        raise PictureUnsupportedError(found=kind)

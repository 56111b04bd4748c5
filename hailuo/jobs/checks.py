"""What may be animated: the input rules as refusals, cheap enough for Discord's metadata."""

from __future__ import annotations

from typing import ClassVar, Final

from hailuo.errors import HailuoError
from hailuo.runcomfy.rules import broken_prompt_rules, broken_size_rules

MIB: Final = 1024 * 1024
LARGEST_PICTURE: Final = 32 * MIB
"""Bytes of a picture as it comes; the API itself advises at most 50 MB."""
NO_PICTURES: Final = ("video/", "audio/", "text/", "application/")


class InputError(HailuoError):
    """The prompt or the picture cannot be animated; nothing was counted."""


class PromptRuleError(InputError):
    """The prompt is empty or too long."""

    sentence: ClassVar[str] = (
        "{rule} Yours has {found}. Nothing was counted; please change it and try again."
    )


class SizeRuleError(InputError):
    """The picture's sides break a rule of the API."""

    sentence: ClassVar[str] = (
        "{rule} Yours is {width} × {height} pixels. Nothing was counted; {remedy}."
    )


class FileTooLargeError(InputError):
    """The picture has more bytes than the bot takes."""

    sentence: ClassVar[str] = (
        "A picture may have at most {limit} MiB; yours has {found} MiB. "
        "Nothing was counted; please attach a smaller one."
    )


class NoPictureError(InputError):
    """The file says of itself that it is no picture."""

    sentence: ClassVar[str] = (
        "The attachment must be a picture; yours is {found}. "
        "Nothing was counted; please attach a JPEG, PNG or WebP."
    )


def check_prompt(prompt: str) -> None:
    """Raise `PromptRuleError` for a prompt that is blank or over the limit."""
    if not prompt.strip():
        prompt = ""
    for rule in broken_prompt_rules(prompt):
        raise PromptRuleError(rule=rule.error, found=len(prompt))


def check_size(width: int, height: int) -> None:
    """Raise `SizeRuleError` for sides that the API refuses, turned upright or not."""
    for rule in broken_size_rules(width, height):
        small = min(width, height) <= rule.bound if rule.bound else False
        remedy = (
            "please attach a larger picture"
            if small
            else "please crop it so that no side is 2.5 times the other or more"
        )
        raise SizeRuleError(rule=rule.error, width=width, height=height, remedy=remedy)


def check_file(size: int, content_type: str | None) -> None:
    """Raise for a file that is too large or, by its own word, no picture."""
    if size > LARGEST_PICTURE:
        raise FileTooLargeError(limit=LARGEST_PICTURE // MIB, found=-(-size // MIB))
    if content_type is not None and content_type.lower().startswith(NO_PICTURES):
        raise NoPictureError(found=content_type.partition(";")[0])

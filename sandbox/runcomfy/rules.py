"""The input schema of the vendor's API page for the one model served, stated again on purpose.

The product has its own copy of these rules. The judge must not share the defendant's mistake, so
nothing is imported from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import VALIDATION, ApiError

MODEL_ID = "minimax/Hailuo Video 01 Live"

PROMPT_MAX_LENGTH = 1995
MIN_SIDE_EXCLUSIVE_PX = 300

TOO_SMALL = "The uploaded image width and height must both exceed 300 pixels."
WRONG_RATIO = "The aspect ratio range should be 2:5 to 5:2."

INPUT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Input",
    "required": ["prompt", "image_url"],
    "properties": {
        "prompt": {
            "title": "Prompt",
            "description": "",
            "type": "string",
            "maxLength": PROMPT_MAX_LENGTH,
        },
        "image_url": {
            "title": "Image",
            "description": (
                "The uploaded image must be over 300px with an aspect ratio between 2:5 and 5:2."
            ),
            "type": "string",
            "validations": [
                {
                    "validation_rule": "width_pixels>",
                    "validation_value": MIN_SIDE_EXCLUSIVE_PX,
                    "validation_error": TOO_SMALL,
                },
                {
                    "validation_rule": "height_pixels>",
                    "validation_value": MIN_SIDE_EXCLUSIVE_PX,
                    "validation_error": TOO_SMALL,
                },
                {
                    "validation_rule": "width/height>",
                    "validation_value": 0.4,
                    "validation_error": WRONG_RATIO,
                },
                {
                    "validation_rule": "width/height<",
                    "validation_value": 2.5,
                    "validation_error": WRONG_RATIO,
                },
            ],
        },
        "prompt_optimizer": {
            "title": "Magic Prompt",
            "description": "",
            "type": "boolean",
            "default": True,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Input:
    """What a submit asks for, once it has passed the schema."""

    prompt: str
    image_url: str
    prompt_optimizer: bool
    unknown_keys: tuple[str, ...]


def parse_input(body: object) -> Input:
    """Check a submit's JSON against the schema; ApiError names the first broken rule."""
    if not isinstance(body, dict):
        raise ApiError(VALIDATION, "The input must be a JSON object.")
    for name in INPUT_SCHEMA["required"]:
        if name not in body:
            raise ApiError(VALIDATION, f"'{name}' is a required property.", name)
    for name in ("prompt", "image_url"):
        if not isinstance(body[name], str):
            raise ApiError(VALIDATION, f"'{name}' must be a string.", name)
    if len(body["prompt"]) > PROMPT_MAX_LENGTH:
        raise ApiError(
            VALIDATION, f"'prompt' is longer than {PROMPT_MAX_LENGTH} characters.", "prompt"
        )
    optimizer = body.get("prompt_optimizer", True)
    if not isinstance(optimizer, bool):
        raise ApiError(VALIDATION, "'prompt_optimizer' must be a boolean.", "prompt_optimizer")
    unknown = tuple(str(key) for key in body if key not in INPUT_SCHEMA["properties"])
    return Input(body["prompt"], body["image_url"], optimizer, unknown)


def check_size(width: int, height: int) -> None:
    """Apply the four validations, in the schema's order and in whole numbers."""
    if width <= MIN_SIDE_EXCLUSIVE_PX or height <= MIN_SIDE_EXCLUSIVE_PX:
        raise ApiError(VALIDATION, TOO_SMALL, "image_url")
    # 0.4 < width/height < 2.5 without the rounding of a division.
    if not 2 * height < 5 * width or not 2 * width < 5 * height:
        raise ApiError(VALIDATION, WRONG_RATIO, "image_url")

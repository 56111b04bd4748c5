"""Measure how soon the bot acknowledges twenty /animate with 24-megapixel pictures at once.

The whole bot between the stand-ins; Discord gives it three seconds.
"""

from __future__ import annotations

import asyncio
import io
import os
import statistics
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from sandbox.discord.control.client import ControlClient, file
from sandbox.stack import LocalStack

COMMANDS: Final = 20
SIZE: Final = (6000, 4000)
ROOM: Final = {"QUOTA_PER_USER": "50", "MAX_LIVE_PER_USER": "50", "MAX_LIVE_PER_SERVER": "50"}
WITHIN_S: Final = 60.0


def main() -> dict[str, object]:
    """Measure, print the figures, and return them."""
    os.environ.update(ROOM)
    delays = sorted(asyncio.run(measure()))
    figures = {
        "commands": COMMANDS,
        "ack_p50_ms": statistics.median(delays),
        "ack_max_ms": delays[-1],
    }
    print(f"{COMMANDS} commands with pictures of {SIZE[0]}x{SIZE[1]} at once, acknowledged after")
    print(f"p50 {figures['ack_p50_ms']:.0f} ms, max {figures['ack_max_ms']:.0f} ms")
    return figures


async def measure() -> list[float]:
    """Return how many milliseconds each command waited for its acknowledgement."""
    picture = file("photo.jpg", draw())
    with tempfile.TemporaryDirectory() as folder:
        async with (
            LocalStack(Path(folder), runcomfy_settings={"queue_s": 60}) as stack,
            ControlClient(stack.discord.url) as control,
        ):
            interactions = await asyncio.gather(
                *(
                    control.command(
                        "alice",
                        "animate",
                        options={"prompt": f"number {number}"},
                        files={"image": picture},
                    )
                    for number in range(COMMANDS)
                )
            )
            answers = await asyncio.gather(
                *(control.interaction(one, wait_s=WITHIN_S) for one in interactions)
            )
            return [float(answer["acknowledged_after_ms"]) for answer in answers]


def draw() -> bytes:
    """Return a photo-like JPEG."""
    grain = Image.effect_noise((SIZE[0] // 8, SIZE[1] // 8), 60).convert("RGB")
    buffer = io.BytesIO()
    grain.resize(SIZE, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()

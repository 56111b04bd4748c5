"""Measure how long the event loop stands still while twenty 24-megapixel uploads come in.

The bot must answer Discord within three seconds while it looks at pictures. Three ways are
measured, each in a process of its own: Pillow on the loop, Pillow in threads, and the picture
doctor's child processes. The loop's lag is how much later than asked a task wakes up.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import pillow_heif
from PIL import Image, ImageOps

from hailuo.images.doctor import PictureDoctor, picture_pool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Clean = Callable[[Path, Path], Awaitable[object]]
    Measured = dict[str, float]

S = TypeVar("S")
T = TypeVar("T")

UPLOADS: Final = 20
SIZE: Final = (6000, 4000)
BEAT_S: Final = 0.005
RSS_UNITS_PER_KIB: Final = 1024 if sys.platform == "darwin" else 1


def main() -> dict[str, object]:
    """Measure every way, print a table, and return the figures."""
    with tempfile.TemporaryDirectory() as folder:
        sources = apart(draw_uploads, Path(folder))
        figures = {way: apart(measure_way, sources) for way, measure_way in WAYS.items()}
    names = list(figures["doctor"])
    print(f"{UPLOADS} uploads of {SIZE[0]}x{SIZE[1]} at once")
    print(f"{'':10}" + "".join(f"{name:>16}" for name in names))
    for way, measured in figures.items():
        print(f"{way:10}" + "".join(f"{measured[name]:16.1f}" for name in names))
    return {"uploads": UPLOADS, "megapixels": SIZE[0] * SIZE[1] / 1e6, "ways": figures}


def draw_uploads(folder: Path) -> list[Path]:
    """Write one picture in each of three formats and return the list of all uploads."""
    pillow_heif.register_heif_opener()
    grain = Image.effect_noise((SIZE[0] // 8, SIZE[1] // 8), 60).convert("RGB")
    picture = grain.resize(SIZE, Image.Resampling.BICUBIC)
    paths = [folder / name for name in ("a.jpg", "a.png", "a.heic")]
    picture.save(paths[0], quality=90)
    picture.save(paths[1], compress_level=1)
    picture.save(paths[2], quality=60)
    return [paths[index % len(paths)] for index in range(UPLOADS)]


def apart(work: Callable[[S], T], subject: S) -> T:
    """Do the work in a fresh process, so that its peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(work, subject).result()


def inline(sources: list[Path]) -> Measured:
    """Measure Pillow called on the event loop."""

    async def clean(source: Path, target: Path) -> None:
        naive_clean(source, target)

    return asyncio.run(measure(clean, sources))


def threads(sources: list[Path]) -> Measured:
    """Measure Pillow in the default thread pool: no limits, and nothing can be stopped."""

    async def clean(source: Path, target: Path) -> None:
        await asyncio.to_thread(naive_clean, source, target)

    return asyncio.run(measure(clean, sources))


def doctor(sources: list[Path]) -> Measured:
    """Measure the picture doctor's child processes."""

    async def run() -> Measured:
        async with picture_pool() as pool:
            return await measure(PictureDoctor(pool).clean, sources)

    figures = asyncio.run(run())
    return figures | {"child_rss_mib": peak_mib(resource.RUSAGE_CHILDREN)}


WAYS: Final = {"inline": inline, "threads": threads, "doctor": doctor}


def naive_clean(source: Path, target: Path) -> None:
    """Do by hand what one would write first."""
    pillow_heif.register_heif_opener()
    with Image.open(source) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        upright.thumbnail((2048, 2048))
        upright.save(target, "JPEG", quality=95)


async def measure(clean: Clean, sources: list[Path]) -> Measured:
    """Clean all uploads at once while a heartbeat measures the loop."""
    lags: list[float] = []
    pulse = asyncio.create_task(beat(lags), name="heartbeat")
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    targets = [source.with_name(f"clean-{index}") for index, source in enumerate(sources)]
    await asyncio.gather(
        *(clean(source, target) for source, target in zip(sources, targets, strict=True))
    )
    took = time.perf_counter() - began
    await asyncio.sleep(2 * BEAT_S)  # a stall that lasted to the end is still to be noted
    pulse.cancel()
    await asyncio.gather(pulse, return_exceptions=True)
    return {
        "total_s": took,
        "lag_p50_ms": statistics.median(lags) * 1000,
        "lag_p99_ms": sorted(lags)[len(lags) * 99 // 100] * 1000,
        "lag_max_ms": max(lags) * 1000,
        "loop_rss_mib": peak_mib(resource.RUSAGE_SELF),
        "child_rss_mib": 0.0,
    }


async def beat(lags: list[float]) -> None:
    """Note again and again how late this task wakes up."""
    while True:
        asked = time.perf_counter() + BEAT_S
        await asyncio.sleep(BEAT_S)
        lags.append(max(0.0, time.perf_counter() - asked))


def peak_mib(who: int) -> float:
    """Return the most memory that was resident at once."""
    return resource.getrusage(who).ru_maxrss / RSS_UNITS_PER_KIB / 1024

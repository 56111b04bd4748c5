"""The doctor against files that were made to harm, and against ten thousand broken ones.

``HOSTILE_FILES=10000`` runs the fuzzer at full length; a sample of it runs each time. A failure
names the seed and leaves the file for a look.
"""

from __future__ import annotations

import asyncio
import os
import resource
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from hailuo.children.errors import ChildError
from hailuo.images.doctor import PictureDoctor, picture_pool
from hailuo.images.errors import PictureRefusedError
from hailuo.sizes import MIB
from tests.integration.images.hostile import END, Outcome, hostile_files, idat, ihdr, png
from tests.integration.images.mutations import mutated_files, sound_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUTATED = int(os.environ.get("HOSTILE_FILES", "300"))
SEED = int(os.environ.get("HOSTILE_SEED", "20261123"))
IN_ONE_GO = 50
LONGEST = 30


async def outcome_of(doctor: PictureDoctor, data: bytes, folder: Path) -> Outcome:
    """Clean one file and hold the outcome to what every outcome must be."""
    source, target = folder / "source", folder / "clean"
    source.write_bytes(data)
    try:
        async with asyncio.timeout(LONGEST):
            picture = await doctor.clean(source, target)
    except PictureRefusedError as refusal:
        sentence = refusal.user_message
    else:
        with Image.open(target) as opened:
            opened.load()
            assert opened.mode == "RGB"
            assert opened.size == (picture.width, picture.height)
        target.unlink()
        return Outcome.CLEAN
    assert "Nothing was counted" in sentence
    assert sentence.isprintable()
    assert not target.exists()
    return Outcome.REFUSED


async def test_crafted_files_do_no_harm(doctor: PictureDoctor, tmp_path: Path) -> None:
    files = list(hostile_files())
    assert len(files) >= 200
    assert len({file.name for file in files}) == len(files)
    wrong = [
        f"{file.name}: {outcome}"
        for file in files
        if (outcome := await outcome_of(doctor, file.data, tmp_path)) is not file.outcome
        and file.outcome is not Outcome.EITHER
    ]
    assert wrong == []


async def test_the_seeds_of_the_fuzzer_are_sound(doctor: PictureDoctor, tmp_path: Path) -> None:
    for name, data in sound_files().items():
        assert await outcome_of(doctor, data, tmp_path) is Outcome.CLEAN, name


@pytest.mark.timeout(max(120, MUTATED // 5))
@pytest.mark.parametrize("start", range(0, MUTATED, IN_ONE_GO))
async def test_mutated_files_do_no_harm(doctor: PictureDoctor, tmp_path: Path, start: int) -> None:
    outcomes: Counter[Outcome] = Counter()
    for kind, data in _go(start):
        try:
            outcomes[await outcome_of(doctor, data, tmp_path)] += 1
        except (AssertionError, ChildError, TimeoutError) as error:
            raise AssertionError(f"{kind} of seed {SEED + start}: {tmp_path}/source") from error
    assert outcomes[Outcome.REFUSED] > 0
    assert outcomes.total() == IN_ONE_GO


async def test_the_largest_picture_let_in_stays_under_512_mib(tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(png(ihdr(8000, 8000, colour=6), idat(8000 * 32_001), END))
    async with picture_pool(size=1) as pool:
        picture = await PictureDoctor(pool).clean(source, tmp_path / "clean")
    assert picture.width == 2048
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert peak_kib * 1024 < 512 * MIB


def _go(start: int) -> Iterator[tuple[str, bytes]]:
    return mutated_files(Random(SEED + start), IN_ONE_GO)

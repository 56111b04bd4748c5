"""Notes belong to their members, who have only so many, for only so long."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hailuo.folders import Folders
from hailuo.jobs.job import UserId, job_id_of
from hailuo.jobs.notes import LIFETIME, Notes
from tests.clocks import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

ALICE, BOB = UserId(1), UserId(12)
NOTE, PARENT = job_id_of(5), job_id_of(4)
MOST = 3


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.create()
    return folders


@pytest.fixture
def notes(folders: Folders, clock: ManualClock) -> Notes:
    return Notes(folders.offers, clock, most=MOST)


def picture(notes: Notes, number: int) -> Path:
    """Put a picture beside a note."""
    path = notes.folder / f"{job_id_of(number)}-crop.png"
    path.write_bytes(b"a picture")
    return path


async def test_a_members_oldest_notes_make_room_for_their_newest(notes: Notes) -> None:
    for number in range(MOST + 2):
        picture(notes, number)
        await notes.keep(job_id_of(number), ALICE, {"number": number})
    await notes.keep(job_id_of(99), BOB, {"number": 99})
    kept = [await notes.look(job_id_of(number), ALICE) for number in range(MOST + 2)]
    assert kept == [None, None, {"number": 2}, {"number": 3}, {"number": 4}]
    assert await notes.look(job_id_of(99), BOB) == {"number": 99}
    assert len(list(notes.folder.iterdir())) == 2 * MOST + 1


async def test_nobody_can_read_take_or_withdraw_what_is_another_members(notes: Notes) -> None:
    picture(notes, 5)
    await notes.keep(NOTE, ALICE, {"a": 1})
    assert await notes.look(NOTE, BOB) is None
    assert not await notes.close(NOTE, BOB)
    await notes.withdraw(NOTE, BOB)
    assert await notes.look(NOTE, ALICE) == {"a": 1}
    await notes.withdraw(NOTE, ALICE)
    await notes.withdraw(NOTE, ALICE)
    assert not list(notes.folder.iterdir())


async def test_a_note_is_taken_once_and_may_be_given_back(notes: Notes) -> None:
    await notes.keep(NOTE, ALICE, {"a": 1})
    assert [await notes.close(NOTE, ALICE) for _ in range(2)] == [True, False]
    assert await notes.look(NOTE, ALICE) is None
    await notes.reopen(NOTE, ALICE)
    assert await notes.look(NOTE, ALICE) == {"a": 1}
    await notes.close(NOTE, ALICE)
    await notes.withdraw(NOTE, ALICE)
    await notes.reopen(NOTE, ALICE)
    assert await notes.look(NOTE, ALICE) is None


async def test_a_note_is_open_for_an_hour(notes: Notes, clock: ManualClock) -> None:
    await notes.keep(NOTE, ALICE, {"a": 1})
    written = clock.now().timestamp()
    for path in notes.folder.iterdir():
        os.utime(path, (written, written))
    await clock.advance(LIFETIME)
    assert await notes.look(NOTE, ALICE) == {"a": 1}
    await clock.advance(timedelta(seconds=1))
    assert await notes.look(NOTE, ALICE) is None


@pytest.mark.parametrize("taken", [False, True])
async def test_a_members_notes_go_when_they_are_forgotten(
    notes: Notes, folders: Folders, *, taken: bool
) -> None:
    picture(notes, 5)
    await notes.keep(NOTE, ALICE, {"a": 1})
    await notes.keep(job_id_of(6), BOB, {"b": 1})
    if taken:
        await notes.close(NOTE, ALICE)
    assert folders.notes_of(ALICE) == {"offers": [{"a": 1}], "finds": []}
    folders.remove_notes(ALICE)
    assert folders.notes_of(ALICE) == {"offers": [], "finds": []}
    assert [path.name for path in notes.folder.iterdir()] == [f"{job_id_of(6)}-{BOB}.json"]


async def test_what_others_were_offered_of_a_job_goes_with_the_job(
    notes: Notes, folders: Folders
) -> None:
    picture(notes, 5)
    await notes.keep(NOTE, BOB, {"parent_id": PARENT})
    await notes.keep(job_id_of(6), BOB, {"parent_id": None})
    folders.remove_jobs({PARENT})
    assert await notes.look(NOTE, BOB) is None
    assert [path.name for path in notes.folder.iterdir()] == [f"{job_id_of(6)}-{BOB}.json"]

"""Notes: what a member was asked and has not answered yet, kept as files for an hour.

A custom id has no room for it, and it must outlive a restart; any process that shares the folder
can read it. A note's name says whose it is, so that nobody else's is ever found.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hailuo.jobs.job import JOB_ID_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hailuo.clock import Clock
    from hailuo.jobs.job import JobId, UserId

LIFETIME: Final = timedelta(hours=1)
OPEN: Final = ".json"
TAKEN: Final = ".taken"


class Notes:
    """Keeps notes in one folder, each with the files that are named after it."""

    def __init__(self, folder: Path, clock: Clock, *, most: int) -> None:
        """``most`` is how many one member may have: asking costs nothing, and disk is finite."""
        self.folder = folder
        self._clock = clock
        self._most = most

    async def keep(self, note_id: JobId, user_id: UserId, data: Mapping[str, object]) -> None:
        """Keep a note, whole or not at all; it takes the place of its member's oldest."""
        await asyncio.to_thread(self._write, note_id, user_id, json.dumps(data))

    async def look(self, note_id: JobId, user_id: UserId) -> dict[str, Any] | None:
        """Return a member's own open note; None where there is none."""
        return await asyncio.to_thread(self._read, note_id, user_id)

    async def close(self, note_id: JobId, user_id: UserId) -> bool:
        """Close a note for its taker; of several at once all but one are told False."""
        return await asyncio.to_thread(self._rename, note_id, user_id, OPEN, TAKEN)

    async def reopen(self, note_id: JobId, user_id: UserId) -> None:
        """Open a note again that came to nothing, unless its member withdrew it meanwhile."""
        await asyncio.to_thread(self._rename, note_id, user_id, TAKEN, OPEN)

    async def withdraw(self, note_id: JobId, user_id: UserId) -> None:
        """Forget a member's own note with its files."""
        await asyncio.to_thread(self._withdraw, note_id, user_id)

    def _path(self, note_id: JobId, user_id: UserId, suffix: str) -> Path:
        return self.folder / f"{note_id}-{user_id}{suffix}"

    def _write(self, note_id: JobId, user_id: UserId, text: str) -> None:
        note = self._path(note_id, user_id, OPEN)
        draft = note.with_suffix(".part")
        draft.write_text(text)
        draft.replace(note)
        newest_first = sorted(self.folder.glob(f"*-{user_id}{OPEN}"), reverse=True)  # ids sort so
        for old in newest_first[self._most :]:
            remove(old)

    def _read(self, note_id: JobId, user_id: UserId) -> dict[str, Any] | None:
        note = self._path(note_id, user_id, OPEN)
        try:
            kept_at = datetime.fromtimestamp(note.stat().st_mtime, UTC)
            text = note.read_text()
        except FileNotFoundError:
            return None
        return json.loads(text) if kept_at >= self._clock.now() - LIFETIME else None

    def _rename(self, note_id: JobId, user_id: UserId, before: str, after: str) -> bool:
        try:
            self._path(note_id, user_id, before).rename(self._path(note_id, user_id, after))
        except FileNotFoundError:
            return False
        return True

    def _withdraw(self, note_id: JobId, user_id: UserId) -> None:
        for suffix in (OPEN, TAKEN):
            note = self._path(note_id, user_id, suffix)
            if note.exists():
                remove(note)


def read_all(folder: Path, user_id: UserId | None = None) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the notes of a folder, of one member or of all, taken ones too."""
    whose = "*" if user_id is None else f"*-{user_id}"
    for suffix in (OPEN, TAKEN):
        for note in folder.glob(f"{whose}{suffix}"):
            with suppress(FileNotFoundError):  # taken, withdrawn or swept meanwhile
                yield note, json.loads(note.read_text())


def remove(note: Path) -> None:
    """Remove a note and every file that is named after it."""
    for path in note.parent.glob(f"{note.name[:JOB_ID_LENGTH]}*"):
        path.unlink(missing_ok=True)

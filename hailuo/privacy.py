"""What a member can do about what is stored of them: see it, take it along, have it forgotten."""

from __future__ import annotations

import asyncio
import gzip
import json
import secrets
import shutil
from contextlib import asynccontextmanager
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, ClassVar, Final

import structlog

from hailuo.errors import HailuoError
from hailuo.jobs.job import JobId
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from hailuo.folders import Folders
    from hailuo.jobs.job import UserId
    from hailuo.store import Store
    from hailuo.store.records import Holdings

log = structlog.get_logger(__name__)

PAGE: Final = 200
"""Jobs read and written at a time."""
EXPORT_FORMAT: Final = "hailuo-animate export 1"


class StillRunningError(HailuoError):
    """A member who is to be forgotten has videos in the making."""

    sentence: ClassVar[str] = N_(
        "You still have {count} in the making. Wait for the end, or cancel, then ask again. "
        "Nothing was forgotten."
    )


class Privacy:
    """Acts for one member at a time; whoever calls makes sure that it is they who ask."""

    def __init__(self, store: Store, folders: Folders) -> None:
        self._store = store
        self._folders = folders

    async def holdings(self, user_id: UserId) -> Holdings:
        """Return how much is stored about a member."""
        return await self._store.records.holdings(user_id)

    async def forget(self, user_id: UserId) -> int:
        """Erase what is stored of a member, files too; return how many jobs that were.

        What the quota counts stays, nameless once it counts no more. Raises `StillRunningError`.
        """
        live = (await self.holdings(user_id)).live
        if live:
            raise StillRunningError(count=live)
        erased = await self._store.records.forget(user_id)
        # Those too that an attempt had erased which got no further.
        husks = await self._store.records.husks(user_id)
        await asyncio.to_thread(self._folders.remove_jobs, husks)
        await asyncio.to_thread(self._folders.remove_notes, user_id)
        log.info("forgot a member", jobs=len(erased))
        return len(erased)

    @asynccontextmanager
    async def export(self, user_id: UserId, max_bytes: int) -> AsyncGenerator[list[Path]]:
        """Write all that is stored of a member as JSON; the files live as long as the block.

        It is one file, compressed where it is larger than ``max_bytes``, and cut into parts
        where even that is larger.
        """
        stem = self._folders.incoming / f"export-{secrets.token_hex(8)}"
        try:
            whole = stem.with_suffix(".json")
            await self._write(user_id, whole)
            yield await asyncio.to_thread(_fit, whole, max_bytes)
        finally:
            await asyncio.to_thread(_remove, stem)

    async def _write(self, user_id: UserId, path: Path) -> None:
        """Write the export page by page, so that no history is too long for the memory."""
        records = self._store.records
        head = {
            "format": EXPORT_FORMAT,
            "user_id": user_id,
            "choices": await records.choices(user_id),
            "in_other_members_jobs": await records.elsewhere(user_id),
            "not_yet_answered": await asyncio.to_thread(self._folders.notes_of, user_id),
        }
        with await asyncio.to_thread(path.open, "w", encoding="utf-8") as file:
            await asyncio.to_thread(file.write, f'{_json(head)[:-2]},\n "jobs": [')
            last, first = JobId(""), True
            while page := await records.jobs(user_id, last, PAGE):
                await asyncio.to_thread(_write_page, file, page, first)
                last, first = JobId(page[-1]["id"]), False
            await asyncio.to_thread(file.write, "]}\n")


def _write_page(file: IO[str], page: list[dict[str, Any]], first: bool) -> None:
    file.write(("" if first else ",") + ",".join(f"\n{_json(record)}" for record in page))


def _json(record: Mapping[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _fit(whole: Path, max_bytes: int) -> list[Path]:
    """Return files of at most ``max_bytes`` each that hold all of ``whole``."""
    if whole.stat().st_size <= max_bytes:
        return [whole]
    packed = whole.with_suffix(".json.gz")
    with whole.open("rb") as source, gzip.open(packed, "wb") as target:
        shutil.copyfileobj(source, target)
    if packed.stat().st_size <= max_bytes:
        return [packed]
    parts: list[Path] = []
    with packed.open("rb") as source:
        while part := source.read(max_bytes):
            parts.append(packed.with_suffix(f".gz.{len(parts) + 1:03}"))
            parts[-1].write_bytes(part)
    return parts


def _remove(stem: Path) -> None:
    for path in stem.parent.glob(f"{stem.name}*"):
        path.unlink(missing_ok=True)

"""What time takes away of what is stored, in small transactions until nothing is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hailuo.store import erasure, unknowns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hailuo.clock import Clock
    from hailuo.jobs.job import JobId
    from hailuo.store.database import Database


class StoredSweeps:
    """Safe to repeat: what was taken away stays so. `Store.sweeps` is the one of its store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def undecided(self) -> Sequence[JobId]:
        """Return the jobs of unknown fate that still count for their member."""
        return await self._database.read(unknowns.undecided)

    async def forget_before(self, before: datetime) -> Sequence[JobId]:
        """Erase every job that ended before a time; return which."""
        now = self._clock.now()
        return await self._database.write_all(
            lambda connection: erasure.forget_before(connection, before, now)
        )

    async def blank_tokens(self, before: datetime) -> int:
        """Take away every interaction token that died before a time; return how many."""
        return len(
            await self._database.write_all(
                lambda connection: erasure.blank_tokens(connection, before)
            )
        )

    async def anonymise(self, before: datetime) -> int:
        """Take members' ids from husks that ended before a time, ledgers too; return how many."""
        return len(
            await self._database.write_all(lambda connection: erasure.anonymise(connection, before))
        )

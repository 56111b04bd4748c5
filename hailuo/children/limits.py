"""What a child may use. It sets the limits on itself before it touches any file."""

from __future__ import annotations

import dataclasses
import os
import sys
from dataclasses import dataclass
from typing import Final

from hailuo.sizes import MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one child, kept by the kernel; on Windows only the parent's timeout holds."""

    memory_bytes: int = 512 * MIB
    """Address space of the process, libraries included."""
    cpu_seconds: int = 20
    """Processor time of one job; also ends a child whose parent is gone."""
    file_bytes: int = 64 * MIB
    """Size of any file that it writes."""
    open_files: int = 32
    niceness: int = 10
    """How far the child steps back for the bot, which shares its cores."""

    def apply(self) -> None:
        """Bind this process for good."""
        if sys.platform == "win32":
            return
        import resource  # noqa: PLC0415 - POSIX alone has it

        os.nice(self.niceness)
        for kind, bound in (
            (resource.RLIMIT_AS, self.memory_bytes),
            (resource.RLIMIT_FSIZE, self.file_bytes),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_CORE, 0),
        ):
            _, ceiling = resource.getrlimit(kind)
            if ceiling != resource.RLIM_INFINITY:
                bound = min(bound, ceiling)  # noqa: PLW2901 - a tighter limit from outside stays
            resource.setrlimit(kind, (bound, bound))

    def grant_job(self) -> None:
        """Give the next job its processor time, counted from what earlier jobs used."""
        if sys.platform == "win32":
            return
        import resource  # noqa: PLC0415 - POSIX alone has it

        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        _, ceiling = resource.getrlimit(resource.RLIMIT_CPU)
        bound = spent + self.cpu_seconds + 1
        if ceiling != resource.RLIM_INFINITY:
            bound = min(bound, ceiling)
        resource.setrlimit(resource.RLIMIT_CPU, (bound, ceiling))

    def as_message(self) -> dict[str, int]:
        """Return the limits as the child's command line carries them."""
        return dataclasses.asdict(self)


DEFAULT_LIMITS: Final = Limits()

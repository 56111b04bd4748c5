"""Files that a child writes: whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def part_of(target: Path) -> Path:
    """Return where a file grows until it is whole; the parent removes what a dead child left."""
    return target.with_name(f"{target.name}.part")


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that it is there entirely, even after a power cut, or not at all."""
    part_of(target).write_bytes(data)
    publish(target)


def publish(target: Path) -> None:
    """Give a part that is whole its name, once the disk has all of it."""
    part = part_of(target)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)

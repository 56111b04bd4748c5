"""A file on its way: what has arrived of it, beside its target, until it is whole."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from pathlib import Path


class PartialFile:
    """A temporary file next to ``target``; gone after the ``with`` block unless it was kept.

    All its methods touch the disk, so they belong into a thread.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO = self._path.open("xb")
        self.size = 0
        self.etag: str | None = None
        """The strong validator of what is here, if it may be continued by a range."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        finally:
            self._path.unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Add what came next."""
        self._file.write(chunk)
        self.size += len(chunk)

    def restart(self) -> None:
        """Forget what is here."""
        self._file.seek(0)
        self._file.truncate()
        self.size = 0
        self.etag = None

    def keep(self) -> None:
        """Put the whole file in its place, so that no crash leaves half of it there."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._target)
        _sync_folder(self._target.parent)


def _sync_folder(folder: Path) -> None:
    # Where a folder cannot be opened (Windows), the rename is as safe as the system makes it.
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""One guarded way to fetch a file from a URL that somebody else wrote."""

from __future__ import annotations

from hailuo.fetch.errors import (
    DiskError,
    FetchError,
    FetchFailedError,
    FetchTimeoutError,
    FileGoneError,
    FileTooLargeError,
    UrlRefusedError,
)
from hailuo.fetch.fetcher import FetchedFile, Fetcher
from hailuo.fetch.hosts import AllowedHosts

__all__ = [
    "AllowedHosts",
    "DiskError",
    "FetchError",
    "FetchFailedError",
    "FetchTimeoutError",
    "FetchedFile",
    "Fetcher",
    "FileGoneError",
    "FileTooLargeError",
    "UrlRefusedError",
]

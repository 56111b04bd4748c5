"""A decoder that is taken over by its file: it does what the file's name says."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path


def crash() -> dict[str, object]:
    ctypes.string_at(0)
    return {}


def leave() -> dict[str, object]:
    os._exit(0)


def hang() -> dict[str, object]:
    time.sleep(3600)
    return {}


def babble() -> dict[str, object]:
    return {"nonsense": [1, 2, 3]}


def lie() -> dict[str, object]:
    return {"width": -5, "height": "tall", "format": "EXE", "bytes": None, "original": {}}


def huge() -> dict[str, object]:
    return {"width": "9" * 1_000_000}


def empty() -> dict[str, object]:
    return {}


def clean(source: str, target: str) -> object:
    assert target
    behaviours = (crash, leave, hang, babble, lie, huge, empty)
    return {behaviour.__name__: behaviour for behaviour in behaviours}[Path(source).name]()


TASKS = {"clean": clean}

"""Tasks that do to a child what a hostile file does."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
import time
from pathlib import Path

from hailuo.errors import HailuoError

MIB = 1024 * 1024


class DemoRefusedError(HailuoError):
    sentence = "The file is {found}."


class ForeignError(HailuoError):
    pass


def echo(**arguments: object) -> dict[str, object]:
    return arguments


def pid() -> dict[str, object]:
    return {"pid": os.getpid()}


def environment() -> dict[str, object]:
    return dict(os.environ)


def limits() -> dict[str, object]:
    return {
        name: resource.getrlimit(getattr(resource, name))
        for name in ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE")
    }


def modules() -> dict[str, object]:
    return {"modules": sorted(sys.modules)}


def refuse(found: str = "odd") -> dict[str, object]:
    raise DemoRefusedError("evidence", found=found)


def refuse_with(facts: dict[str, object]) -> dict[str, object]:
    raise DemoRefusedError("evidence", **facts)


def refuse_foreign() -> dict[str, object]:
    raise ForeignError


def bug() -> dict[str, object]:
    raise ZeroDivisionError("no such thing")


def crash() -> dict[str, object]:
    ctypes.string_at(0)
    return {}


def leave() -> dict[str, object]:
    os._exit(3)


def hang() -> dict[str, object]:
    time.sleep(3600)
    return {}


def hang_and_tell(pid_file: str) -> dict[str, object]:
    part = Path(pid_file).with_suffix(".part")
    part.write_text(str(os.getpid()))
    part.rename(pid_file)
    return hang()


def spin() -> dict[str, object]:
    while True:
        pass


def eat_memory() -> dict[str, object]:
    return {"eaten": len(bytearray(4096 * MIB))}


def fill_disk(path: str) -> dict[str, object]:
    with Path(path).open("wb") as file:
        file.writelines(bytes(MIB) for _ in range(64))
    return {}


def open_many() -> dict[str, object]:
    return {"open": [socket.socket() for _ in range(1000)]}


def babble() -> dict[str, object]:
    """Answer with something that JSON cannot say."""
    return {"value": object()}


def talk_too_much() -> dict[str, object]:
    return {"words": "x" * MIB}


def print_noise() -> dict[str, object]:
    sys.stdout.write("noise\n")
    sys.stdout.flush()
    os.write(1, b"noise of a C library\n")
    return {"said": True}


def wrong_shape() -> list[int]:
    return [1, 2, 3]


TASKS = {
    task.__name__: task
    for task in (
        echo,
        pid,
        environment,
        limits,
        modules,
        refuse,
        refuse_with,
        refuse_foreign,
        bug,
        crash,
        leave,
        hang,
        hang_and_tell,
        spin,
        eat_memory,
        fill_disk,
        open_many,
        babble,
        talk_too_much,
        print_noise,
        wrong_shape,
    )
}

"""The real bot as a process of its own, forked from one that has read all code already.

Reading discord.py, SQLAlchemy and the rest takes a second of CPU, and the suite starts the bot
some hundred times. So one process per test runner imports ``bot``, reads the catalogues, and does
nothing more; each bot is a fork of it that then runs the same ``main`` as ``python bot.py``, with
an environment, a working folder, a process id, signals and an exit code of its own. The demo's
tests run ``python bot.py``.

One thing is not as in the product: a bot that has seen too few jobs to know how long one takes
looks every 2 s, and most tests would wait for that. An eager one looks more often.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EAGER_GAP = timedelta(seconds=0.3)
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["bot", "tests.catalogues"])


def run_bot() -> int:
    """Run the bot as ``python bot.py`` does; return its exit code."""
    main: Any = import_module("bot").main
    return main([])


def run_eager_bot() -> int:
    """Run the bot with looks that follow one another as fast as the stand-in renders."""
    engine: Any = import_module("hailuo.engine")
    pacing: Any = import_module("hailuo.jobs.pacing")
    engine.Pacing = partial(pacing.Pacing, pacing.Rules(blind_gap=EAGER_GAP))
    return run_bot()


class BotFork:
    """A running bot; what it prints is added to the file ``log``."""

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        run: Callable[[], int] = run_eager_bot,
    ) -> None:
        self._process = _SERVER.Process(
            target=_become_the_bot, args=(dict(environment), str(folder), str(log), run)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid or 0

    def poll(self) -> int | None:
        """Return the exit code, a signal's as its negative number; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, seconds: float) -> int:
        """Return the exit code; raise `TimeoutError` where it does not end in time."""
        self._process.join(seconds)
        code = self.poll()
        if code is None:
            raise TimeoutError(f"the bot {self.pid} did not end within {seconds} s")
        return code


def _become_the_bot(
    environment: dict[str, str], folder: str, log: str, run: Callable[[], int]
) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    warnings.simplefilter("ignore")
    code = run()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)

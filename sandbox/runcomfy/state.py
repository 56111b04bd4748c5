"""Everything the stand-in's routes share."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .changes import Changes
from .clock import Clock
from .farm import Farm
from .faults import Faults
from .ledger import Call, Ledger
from .settings import Settings

if TYPE_CHECKING:
    from .pictures import PictureFetcher
    from .studio import Studio


@dataclass(slots=True)
class State:
    """The parts of one running stand-in."""

    fetcher: PictureFetcher
    studio: Studio
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    changes: Changes = field(default_factory=Changes)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    not_before: dict[tuple[str, str], float] = field(default_factory=dict)  # by Retry-After
    faults: Faults = field(init=False)
    ledger: Ledger = field(init=False)
    farm: Farm = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(random.Random(self.settings.seed))
        self.ledger = Ledger(self.changes)
        self.farm = Farm(self.clock, self.changes, self.fetcher, lambda: self.settings)

    def configure(self, changes: dict[str, Any]) -> None:
        """Change settings; ValueError says which one is wrong, and then none is changed."""
        self.settings = self.settings.changed(changes)
        if "time_scale" in changes:
            self.clock.run_at(self.settings.time_scale)
        if "seed" in changes:
            self.farm.reseed(self.settings.seed)
            self.faults.reseed(self.settings.seed)
        self.changes.notify()


STATE = web.AppKey("STATE", State)
CALL = web.RequestKey("CALL", Call)

"""An event loop with nothing to do: how late it comes is the machine's doing alone."""

from __future__ import annotations

import asyncio
import sys

from prometheus_client import CollectorRegistry, generate_latest

from hailuo.clock import SystemClock
from hailuo.loop_lag import LoopLag


async def main(seconds: float) -> None:
    """Listen for so long, then print what was heard."""
    registry = CollectorRegistry()
    listening = asyncio.create_task(LoopLag(registry, SystemClock()).run(), name="loop lag")
    await asyncio.sleep(seconds)
    listening.cancel()
    print(generate_latest(registry).decode())


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))

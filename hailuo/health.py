"""Health and metrics over HTTP, for supervisors and for Prometheus."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol, TypeAlias

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hailuo.clock import SystemClock
from hailuo.errors import HailuoError
from hailuo.loop_lag import LoopLag

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from hailuo.jobs.job import JobState

Handler: TypeAlias = "Callable[[web.Request], Awaitable[web.StreamResponse]]"
log = structlog.get_logger(__name__)


class Census(Protocol):
    """Counts jobs by state."""

    async def census(self) -> Mapping[JobState, int]:
        """Return how many jobs stand in each state."""
        ...


@asynccontextmanager
async def serve_health(
    address: str, store: Census, connected: Callable[[], bool]
) -> AsyncGenerator[None]:
    """Serve ``/health`` and ``/metrics`` at ``host:port`` for as long as the block runs.

    A port that is taken is a warning, not the end of the bot: members matter more.
    """
    registry = CollectorRegistry()
    lag = LoopLag(registry, SystemClock())
    app = web.Application()
    app.router.add_get("/health", _health(store, connected))
    app.router.add_get("/metrics", _metrics(registry, store, connected))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    host, _, port = address.rpartition(":")
    try:
        await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        log.info("health and metrics", address=runner.addresses[0][:2])
    except OSError as error:
        log.warning("no health and metrics: set HTTP_ADDR to a free address", error=str(error))
    listening = asyncio.create_task(lag.run(), name="loop lag")
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await runner.cleanup()


def _health(store: Census, connected: Callable[[], bool]) -> Handler:
    async def health(_request: web.Request) -> web.StreamResponse:
        """Answer 200 while the database answers and the gateway is connected, else 503."""
        state = {"gateway": connected(), "database": await _answers(store)}
        return web.json_response(state, status=200 if all(state.values()) else 503)

    return health


async def _answers(store: Census) -> bool:
    try:
        await store.census()
    except HailuoError:
        return False
    return True


def _metrics(registry: CollectorRegistry, store: Census, connected: Callable[[], bool]) -> Handler:
    jobs = Gauge("hailuo_jobs", "Jobs by state.", ["state"], registry=registry)
    gateway = Gauge(
        "hailuo_gateway_connected", "Whether Discord's gateway is connected.", registry=registry
    )

    async def metrics(_request: web.Request) -> web.StreamResponse:
        """Answer in Prometheus' text format; without the database no count, not an old one."""
        jobs.clear()
        with suppress(HailuoError):
            for state, count in (await store.census()).items():
                jobs.labels(state.value).set(count)
        gateway.set(connected())
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    return metrics

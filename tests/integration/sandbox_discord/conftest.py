"""A running stand-in under the referee's eyes, a person, a raw caller and a real bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from contract_bot import ContractBot, running
from rest_caller import RestCaller

from sandbox.discord.control.client import ControlClient
from sandbox.discord.server import DiscordSandbox
from tests.openapi import SPEC_PATH, Referee

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def referee() -> Iterator[Referee | None]:
    """Judge every exchange of the test, where Discord's OpenAPI file is at hand."""
    judge = Referee() if SPEC_PATH.exists() else None
    yield judge
    if judge is not None:
        assert judge.violations == []


@pytest.fixture
async def sandbox(referee: Referee | None) -> AsyncIterator[DiscordSandbox]:
    """Run a stand-in for one test."""
    async with DiscordSandbox(observer=referee) as running_sandbox:
        yield running_sandbox


@pytest.fixture
async def person(sandbox: DiscordSandbox) -> AsyncIterator[ControlClient]:
    """Act as its members."""
    async with ControlClient(sandbox.url) as client:
        yield client


@pytest.fixture
async def rest(sandbox: DiscordSandbox) -> AsyncIterator[RestCaller]:
    """Call its REST API without any library in between."""
    async with aiohttp.ClientSession() as session:
        yield RestCaller(session, sandbox.url)


@pytest.fixture
async def bot(
    sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ContractBot]:
    """Log a real discord.py bot in."""
    async with running(sandbox.url, monkeypatch) as client:
        yield client

"""Examines what the engine needs: the data folder, the database, RunComfy, its own address."""

from __future__ import annotations

import asyncio
import errno
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hailuo.clock import SystemClock
from hailuo.jobs.intake import LEAST_FREE_DISK
from hailuo.runcomfy.answers import parse_request_id
from hailuo.runcomfy.client import RunComfyClient
from hailuo.runcomfy.errors import (
    AuthenticationError,
    PermissionDeniedError,
    RequestNotFoundError,
    RunComfyError,
)
from hailuo.store import Store
from hailuo.store.errors import StoreError, StoreInUseError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
    from pathlib import Path

    from hailuo.settings import Settings

MARK: Final = "data-dir-mark"
NO_REQUEST: Final = "hailuo-doctor"
"""A request id that no job has: asking for it is free and shows whether the token is taken."""


class Verdict(StrEnum):
    """What a check found."""

    FINE = "fine"
    MISCONFIGURED = "misconfigured"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination: what was looked at, and the fix where it is not fine."""

    verdict: Verdict
    text: str


def fine(text: str) -> Finding:
    """Return a tick."""
    return Finding(Verdict.FINE, text)


def misconfigured(text: str) -> Finding:
    """Return a cross for what the operator can mend in the settings."""
    return Finding(Verdict.MISCONFIGURED, text)


def unreachable(text: str) -> Finding:
    """Return a cross for a service that does not answer."""
    return Finding(Verdict.UNREACHABLE, text)


async def examine(settings: Settings, unset: Collection[str]) -> AsyncGenerator[Finding]:
    """Check everything but Discord, in the order in which the bot needs it.

    What needs one of the ``unset`` fields, which hold nothing but a stand-in, is left out.
    """
    for needed, check in _CHECKS:
        if needed.isdisjoint(unset):
            yield await check(settings)
    if settings.max_jobs_per_day == 0:
        yield fine("MAX_JOBS_PER_DAY is 0, as you wish: nothing caps your bill")


async def _examine_folder(settings: Settings) -> Finding:
    return await asyncio.to_thread(_look_into, settings.data_dir)


def _look_into(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return misconfigured(f"DATA_DIR cannot be written ({error}): choose another folder.")
    if free < LEAST_FREE_DISK:
        return misconfigured(f"DATA_DIR has only {free // 10**6} MB left: make room.")
    return fine(f"DATA_DIR is writable, with {free // 10**9} GB free")


async def _examine_database(settings: Settings) -> Finding:
    try:
        async with Store.open(settings.database_url, SystemClock()) as store:
            if store.shared and not await _is_shared(settings.data_dir, store):
                return misconfigured(
                    "DATA_DIR is not the folder that the other processes of DATABASE_URL use: "
                    "mount the same one on every machine."
                )
            return fine("DATABASE_URL opens, and its schema is up to date")
    except StoreInUseError:
        return fine("DATABASE_URL is in use by a running bot")
    except StoreError as error:
        verdict = Verdict.UNREACHABLE if error.retryable else Verdict.MISCONFIGURED
        return Finding(verdict, error.user_message)
    except OSError as error:
        return misconfigured(f"DATA_DIR cannot hold the mark of DATABASE_URL ({error}).")


async def _is_shared(folder: Path, store: Store) -> bool:
    """Tell whether this folder is the one that the database's processes share.

    The first to ask leaves a mark in both; a folder without the database's mark is another one.
    """
    mark = await store.setting(MARK)
    if mark is None:
        mark = secrets.token_hex(16)
        await asyncio.to_thread((folder / MARK).write_text, mark)
        await store.set_setting(MARK, mark)
    try:
        return await asyncio.to_thread((folder / MARK).read_text) == mark
    except FileNotFoundError:
        return False


async def _examine_api(settings: Settings) -> Finding:
    client = RunComfyClient(
        settings.runcomfy_token, settings.runcomfy_api_url, settings.runcomfy_model
    )
    try:
        async with client:
            await client.status(parse_request_id(NO_REQUEST))
    except (RequestNotFoundError, PermissionDeniedError):
        return fine("RUNCOMFY_TOKEN is taken by RunComfy")
    except AuthenticationError:
        return misconfigured(
            "RUNCOMFY_TOKEN is not taken by RunComfy: copy it again from your profile page."
        )
    except RunComfyError as error:
        return unreachable(f"RUNCOMFY_API_URL does not answer ({error}): check the network.")
    return fine("RUNCOMFY_TOKEN is taken by RunComfy")


async def _examine_address(settings: Settings) -> Finding:
    host, _, port = settings.http_addr.rpartition(":")
    try:
        server = await asyncio.start_server(_hang_up, host.strip("[]"), int(port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            # The bot serves members without it, so this is for the operator to judge.
            return fine(
                "HTTP_ADDR is taken: as it should be while the bot runs, but if another program "
                "has it, choose a free one, or there is no health and no metrics"
            )
        return misconfigured(f"HTTP_ADDR cannot be listened at ({error}): choose another address.")
    server.close()
    await server.wait_closed()
    return fine("HTTP_ADDR is free for health and metrics")


def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


_CHECKS: Final[tuple[tuple[frozenset[str], Callable[[Settings], Awaitable[Finding]]], ...]] = (
    (frozenset({"data_dir"}), _examine_folder),
    (frozenset({"data_dir", "database_url"}), _examine_database),
    (frozenset({"runcomfy_token", "runcomfy_api_url", "runcomfy_model"}), _examine_api),
    (frozenset({"http_addr"}), _examine_address),
)
"""Each check, and the settings that it cannot do without."""

"""A start without its database: a server that is down is another matter than a wrong address."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine import make_url

from cogs.failures import EXIT_CONFIG, EXIT_UNAVAILABLE, explain_failure
from hailuo.clock import SystemClock
from hailuo.store import Store
from hailuo.store.errors import StoreError
from tests.acceptance.playground import ROOT
from tests.postgres import postgres_server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    with postgres_server() as server:
        yield server


async def failure(url: str) -> tuple[str, int]:
    """Open a store that cannot be opened; return what the bot says, and its exit code."""
    with pytest.raises(StoreError) as caught:
        async with Store.open(url, SystemClock()):
            pass
    return explain_failure(caught.value)


async def test_a_bot_whose_server_is_down_ends_as_unavailable(tmp_path: Path) -> None:
    with postgres_server() as server:
        url = server.url("postgres")
    bot = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        cwd=tmp_path,
        env={
            "PYTHONWARNINGS": "ignore",
            "DISCORD_TOKEN": "discord-token",
            "RUNCOMFY_TOKEN": "runcomfy-token",
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path),
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await bot.communicate()
    assert b"does not answer" in said.splitlines()[-1]
    assert bot.returncode == EXIT_UNAVAILABLE


async def test_a_port_where_nobody_listens_is_unavailable(unused_tcp_port: int) -> None:
    said, code = await failure(f"postgresql+asyncpg://me:secret@127.0.0.1:{unused_tcp_port}/bot")
    assert code == EXIT_UNAVAILABLE
    assert "does not answer" in said
    assert "secret" not in said


async def test_a_server_with_no_room_for_another_connection_is_unavailable(
    server: PostgresServer,
) -> None:
    server.run("CREATE ROLE guest LOGIN CONNECTION LIMIT 0;")
    url = make_url(server.url("postgres")).set(username="guest")
    said, code = await failure(url.render_as_string(hide_password=False))
    assert code == EXIT_UNAVAILABLE, said


@pytest.mark.parametrize(("part", "wrong"), [("postgres:", "nobody:"), ("/postgres", "/nosuch")])
async def test_a_wrong_address_is_a_wrong_configuration(
    server: PostgresServer, part: str, wrong: str
) -> None:
    url = server.url("postgres")
    assert part in url
    said, code = await failure(url.replace(part, wrong, 1))
    assert code == EXIT_CONFIG
    assert "check DATABASE_URL" in said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("127.0.0.1/bot?sslmode=require", "sslmode"),
        ("127.0.0.1:99999/bot", "port"),
        ("127.0.0..1/bot", "label empty"),
    ],
)
async def test_an_address_that_the_driver_cannot_use_is_a_wrong_configuration(
    wrong: str, says: str
) -> None:
    """Hosted databases are handed out with ``sslmode``, which this driver calls ``ssl``."""
    said, code = await failure(f"postgresql+asyncpg://me:secret@{wrong}")
    assert code == EXIT_CONFIG
    assert says in said
    assert "secret" not in said


async def test_a_driver_that_is_not_installed_is_named_with_its_fix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    said, code = await failure("postgresql+asyncpg://me:secret@127.0.0.1/bot")
    assert code == EXIT_CONFIG
    assert "requirements-postgres.txt" in said
    assert "secret" not in said

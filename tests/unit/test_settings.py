"""Settings: every mistake is one sentence that says what to set where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hailuo.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "wholly-secret-word"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> pytest.MonkeyPatch:
    """Start from no settings at all: no .env, no variables."""
    monkeypatch.chdir(str(tmp_path))
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DISCORD_TOKEN", "discord")
    monkeypatch.setenv("RUNCOMFY_TOKEN", "runcomfy")
    return monkeypatch


def test_two_secrets_are_enough() -> None:
    settings = Settings.load()
    assert settings.discord_token.get_secret_value() == "discord"
    assert settings.runcomfy_model == "minimax/Hailuo Video 01 Live"
    assert settings.result_hosts == (".runcomfy.net", ".runcomfy.com")


def test_missing_secrets_are_both_named_in_one_sentence(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DISCORD_TOKEN")
    environment.delenv("RUNCOMFY_TOKEN")
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    message = caught.value.user_message
    assert "DISCORD_TOKEN is not set" in message
    assert "RUNCOMFY_TOKEN is not set" in message
    assert ".env" in message


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RUNCOMFY_TOKEN", f"{SECRET} {SECRET}", "spaces"),
        ("RUNCOMFY_TOKEN", "tökén", "characters"),
        ("QUOTA_PER_USER", "zero", "QUOTA_PER_USER"),
        ("QUOTA_PER_USER", "0", "QUOTA_PER_USER"),
        ("MAX_JOBS_PER_DAY", "-1", "MAX_JOBS_PER_DAY"),
        ("ALLOWED_GUILDS", "12, twelve", "ALLOWED_GUILDS"),
        ("RUNCOMFY_API_URL", "http://model-api.runcomfy.net", "https"),
        ("RUNCOMFY_API_URL", "https://user:pass@model-api.runcomfy.net", "without a path"),
        ("RUNCOMFY_API_URL", "https://model-api.runcomfy.net/v1", "without a path"),
        ("DISCORD_API_URL", "https://discord.example", "this machine"),
        ("DISCORD_API_URL", "http://127.0.0.1:1/api", "without a path"),
        ("DATABASE_URL", "mysql://localhost/x", "sqlite+aiosqlite:///"),
        ("RUNCOMFY_MODEL", "hailuo", "owner/model"),
        ("RUNCOMFY_MODEL", "minimax/Hailuo\u00a0Video 01 Live", "plain spaces"),
        ("DATABASE_URL", "sqlite+aiosqlite:///", "must name a file"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:", "must name a file"),
        ("DATABASE_URL", "sqlite+aiosqlite:///file:x?mode=memory&uri=true", "must name a file"),
        ("DATABASE_URL", "sqlite+aiosqlite:///data/x.db?mode=memory", "must name a file"),
        ("QUOTA_WINDOW_HOURS", "87673", "QUOTA_WINDOW_HOURS"),
        ("UNKNOWN_RELEASE_HOURS", "1000000000", "UNKNOWN_RELEASE_HOURS"),
        ("KEEP_VIDEOS_DAYS", "3654", "KEEP_VIDEOS_DAYS"),
        ("HTTP_ADDR", "8081", "127.0.0.1:8081"),
        ("HTTP_ADDR", "127.0.0.1:99999", "127.0.0.1:8081"),
        ("HTTP_ADDR", "127.0.0..1:8081", "127.0.0.1:8081"),
        ("RESULT_HOSTS", "127.0.0.1:8091", "RUNCOMFY_API_URL"),
        ("RESULT_HOSTS", "localhost:8091", "RUNCOMFY_API_URL"),
        ("RESULT_HOSTS", "files.example:8443", "RESULT_HOSTS holds a wrong entry"),
        ("RESULT_HOSTS", "https://x.y", "RESULT_HOSTS holds a wrong entry"),
        ("RESULT_HOSTS", ".runcomfy.net,*.runcomfy.com", "'*.runcomfy.com'"),
        ("RESULT_HOSTS", "127.0.0.1", "RESULT_HOSTS holds a wrong entry"),
        ("RESULT_HOSTS", ",", "at least one host"),
        ("SHARD_IDS", "0,1", "SHARD_COUNT"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("IMAGE_TRANSPORT", "pigeon", "IMAGE_TRANSPORT"),
        ("SHARD_COUNT", "1" + "0" * 20, "SHARD_COUNT"),
        ("PRICE_PER_VIDEO_USD", "-1", "PRICE_PER_VIDEO_USD"),
        ("PRICE_PER_VIDEO_USD", "1e400", "PRICE_PER_VIDEO_USD"),
    ],
)
def test_a_wrong_value_is_named_with_its_fix(
    environment: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    message = caught.value.user_message
    assert says in message
    assert ".env or the environment" in message
    assert SECRET not in message
    assert "\n" not in message


def test_every_problem_is_named_whatever_else_is_wrong(environment: pytest.MonkeyPatch) -> None:
    """A rule between two settings does not wait until each is right by itself."""
    environment.setenv("QUOTA_PER_USER", "0")
    environment.setenv("SHARD_IDS", "3")
    environment.setenv("RESULT_HOSTS", "127.0.0.1:8091")
    environment.delenv("DISCORD_TOKEN")
    settings, problems = Settings.survey()
    assert [problem.fields for problem in problems] == [
        {"discord_token"},
        {"quota_per_user"},
        {"result_hosts"},
        {"shard_ids"},
    ]
    assert settings.runcomfy_token.get_secret_value() == "runcomfy"
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert caught.value.problems == tuple(problem.text for problem in problems)


def test_what_hangs_on_a_wrong_setting_is_no_problem_of_its_own(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("RUNCOMFY_API_URL", "http://127.0.0.1:8091/v1")
    environment.setenv("RESULT_HOSTS", "127.0.0.1:8091")
    environment.setenv("SHARD_IDS", "1")
    environment.setenv("SHARD_COUNT", "two")
    _, problems = Settings.survey()
    assert [problem.fields for problem in problems] == [{"runcomfy_api_url"}, {"shard_count"}]


def test_an_env_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("QUOTA_PER_USER=7\n".encode("utf-16"))
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read.* UTF-8"):
        Settings.load()


def test_an_env_file_may_begin_with_a_mark(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("QUOTA_PER_USER=7\n", encoding="utf-8-sig")
    assert Settings.load().quota_per_user == 7


def test_times_of_ten_years_can_be_counted_with(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUOTA_WINDOW_HOURS", "87672")
    assert datetime.now(UTC) - Settings.load().quota_window < datetime.now(UTC)


def test_loopback_results_are_for_a_loopback_api_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RUNCOMFY_API_URL", "http://127.0.0.1:8091")
    environment.setenv("RESULT_HOSTS", "127.0.0.1:8091")
    assert Settings.load().result_hosts == ("127.0.0.1:8091",)


def test_empty_values_are_defaults(environment: pytest.MonkeyPatch) -> None:
    """The .env made from .env.example holds many a NAME= without a value."""
    for name in Settings.model_fields:
        if name not in {"discord_token", "runcomfy_token"}:
            environment.setenv(name.upper(), "")
    assert Settings.load() == Settings.model_validate(
        {"discord_token": "discord", "runcomfy_token": "runcomfy"}
    )


def test_shards_are_all_of_the_count_unless_named(environment: pytest.MonkeyPatch) -> None:
    assert Settings.load().shards == {}
    environment.setenv("SHARD_COUNT", "4")
    assert Settings.load().shards == {"shard_count": 4, "shard_ids": [0, 1, 2, 3]}
    environment.setenv("SHARD_IDS", "1,3")
    assert Settings.load().shards == {"shard_count": 4, "shard_ids": [1, 3]}


def test_a_shard_that_is_named_twice_runs_once(environment: pytest.MonkeyPatch) -> None:
    """Two sessions of one shard would hear every event twice."""
    environment.setenv("SHARD_COUNT", "4")
    environment.setenv("SHARD_IDS", "1,3,1")
    assert Settings.load().shards == {"shard_count": 4, "shard_ids": [1, 3]}


def test_secrets_do_not_show_in_repr(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DISCORD_TOKEN", SECRET)
    environment.setenv("DATABASE_URL", f"postgresql+asyncpg://bot:{SECRET}@db/hailuo")
    assert SECRET not in repr(Settings.load())

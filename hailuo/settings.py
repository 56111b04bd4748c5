"""The settings: typed, from the environment and ``.env``, each with its rule and its fix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal  # noqa: TC003 - pydantic resolves annotations at run time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from hailuo.errors import HailuoError
from hailuo.fetch import AllowedHosts
from hailuo.loopback import is_loopback
from hailuo.sizes import MIB

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import URL as DatabaseURL  # noqa: N811 - yarl's is the other one

WHERE: Final = "in .env or the environment"
TEN_YEARS: Final = timedelta(days=3653)
"""The longest that any time may be set to: more would leave the calendar."""
LAST_PORT: Final = 65535
MOST_SHARDS: Final = 100_000
"""Far more than any bot runs; each is a session, and a slip of the hand would begin as many."""
DEAREST_USD: Final = 1000
_SECRETS: Final = {
    "discord_token": "the bot's token from https://discord.com/developers/applications",
    "runcomfy_token": "an API token from your RunComfy profile page",
}


class ConfigurationError(HailuoError):
    """The settings cannot be used; ``problems`` names each one and its fix."""

    sentence: ClassVar[str] = "The bot cannot start: {problems}."

    def __init__(self, *problems: str) -> None:
        super().__init__(problems="; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the settings, with its fix, and which fields have no value by it."""

    text: str
    fields: frozenset[str]


def _split(value: object) -> object:
    """Read a comma-separated setting; an empty one is an empty list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _blank_is_unset(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Hours = Annotated[PositiveInt, Field(le=TEN_YEARS // timedelta(hours=1))]
Days = Annotated[NonNegativeInt, Field(le=TEN_YEARS.days)]
Ids = Annotated[frozenset[PositiveInt], NoDecode, BeforeValidator(_split)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Shards = Annotated[
    tuple[NonNegativeInt, ...] | None,
    NoDecode,
    BeforeValidator(lambda value: _split(value) or None),
]


class Settings(BaseSettings):
    """Everything an operator may choose; ``.env.example`` tells the same in prose."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    discord_token: SecretStr = Field(description="Secret: the bot's token from Discord's portal.")
    runcomfy_token: SecretStr = Field(description="Secret: an API token from RunComfy.")

    runcomfy_api_url: str = Field(
        "https://model-api.runcomfy.net", description="Where the Model API lives."
    )
    runcomfy_model: str = Field("minimax/Hailuo Video 01 Live", description="The model's id.")
    discord_api_url: Annotated[str | None, BeforeValidator(_blank_is_unset)] = Field(
        None, description="Unset: Discord itself. A loopback origin points to the stand-in."
    )
    database_url: str = Field(
        "sqlite+aiosqlite:///data/hailuo.db",
        repr=False,
        description="Where jobs and quotas are kept.",
    )
    data_dir: Path = Field(Path("data"), description="Where pictures and videos are kept.")

    quota_per_user: PositiveInt = Field(5, description="Videos a member may make per window.")
    quota_window_hours: Hours = Field(24, description="Length of that rolling window.")
    max_live_per_user: PositiveInt = Field(
        2, description="Jobs one member may have running or in line."
    )
    max_live_per_server: PositiveInt = Field(
        20, description="Jobs one server may have running; more wait in line."
    )
    max_jobs_per_day: NonNegativeInt = Field(
        100, description="Jobs a day over all servers, the cap on your bill; 0 is no cap."
    )
    unknown_release_hours: Hours = Field(
        24, description="After how long a job of unknown fate stops counting for its member."
    )

    allowed_guilds: Ids = Field(
        frozenset(), description="Server ids that may use the bot; empty is every server."
    )
    operator_ids: Ids = Field(frozenset(), description="User ids that may give operator commands.")
    price_per_video_usd: Annotated[Decimal | None, BeforeValidator(_blank_is_unset)] = Field(
        None, ge=0, le=DEAREST_USD, description="What one video costs you, shown to operators only."
    )
    default_upload_mib: PositiveInt = Field(
        20, description="Discord's upload limit for a server without boosts, in MiB."
    )
    keep_videos_days: Days = Field(
        7,
        description="How long videos and pictures stay on disk, to be shown and used again.",
    )
    image_transport: Literal["discord", "data-uri"] = Field(
        "discord", description="How the API gets the picture: by its Discord link, or inline."
    )
    result_hosts: Hosts = Field(
        (".runcomfy.net", ".runcomfy.com"), description="Hosts a video may be fetched from."
    )
    http_addr: str = Field("127.0.0.1:8081", description="Health and metrics listen here.")
    log_format: Literal["console", "json"] = Field("console", description="How logs are written.")
    shard_count: Annotated[PositiveInt | None, BeforeValidator(_blank_is_unset)] = Field(
        None, le=MOST_SHARDS, description="Shards in total; empty asks Discord."
    )
    shard_ids: Shards = Field(None, description="Shards this process runs; empty is all.")

    @classmethod
    def load(cls) -> Settings:
        """Read the environment and ``.env``; raise `ConfigurationError` with every problem."""
        settings, problems = cls.survey()
        if problems:
            raise ConfigurationError(*(problem.text for problem in problems))
        return settings

    @classmethod
    def survey(cls) -> tuple[Settings, tuple[Problem, ...]]:
        """Read what can be read, with a stand-in for each wrong value, and what is wrong."""
        stand_ins: dict[str, Any] = {}
        problems: tuple[Problem, ...] = ()
        while True:
            try:
                return cls(**stand_ins), problems
            except ValidationError as error:
                # A later round only meets values that clash with the stand-in of a wrong one.
                problems = problems or tuple(dict.fromkeys(_problems(error)))
                stand_ins |= _stand_ins({name for name, _, _ in _items(error)})
            except (OSError, UnicodeError) as error:
                text = f".env cannot be read ({error}): save it as UTF-8 text"
                everything = frozenset(cls.model_fields)
                stand_ins = _stand_ins(everything) | {"_env_file": None}
                problems = (Problem(text, everything),)

    @property
    def quota_window(self) -> timedelta:
        """How long one video counts against its member."""
        return timedelta(hours=self.quota_window_hours)

    @property
    def shards(self) -> dict[str, Any]:
        """Which shards this process runs, where the operator says so."""
        if self.shard_count is None:
            return {}
        ids = range(self.shard_count) if self.shard_ids is None else self.shard_ids
        return {"shard_count": self.shard_count, "shard_ids": sorted(set(ids))}

    @property
    def default_upload_bytes(self) -> int:
        """Discord's upload limit for a server without boosts."""
        return self.default_upload_mib * MIB

    @field_validator("discord_token", "runcomfy_token")
    @classmethod
    def _token_is_one_word(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("holds spaces or characters that no token has; copy it again")
        return token

    @field_validator("runcomfy_api_url")
    @classmethod
    def _api_is_https(cls, text: str) -> str:
        url = _origin(text)
        if url.scheme != "https" and not is_loopback(url.host or ""):
            raise ValueError("must start with https://")
        return str(url.origin())

    @field_validator("discord_api_url")
    @classmethod
    def _discord_is_loopback(cls, text: str | None) -> str | None:
        if text is None:
            return None
        url = _origin(text)
        if not is_loopback(url.host or ""):
            raise ValueError("may only point to this machine (it is for the stand-in); remove it")
        return str(url.origin())

    @field_validator("runcomfy_model")
    @classmethod
    def _model_has_an_owner(cls, model: str) -> str:
        parts = model.split("/")
        if len(parts) < 2 or not all(part.strip(". ") for part in parts):  # noqa: PLR2004 - owner and name
            raise ValueError('must look like "owner/model"')
        if not model.isprintable():
            # As copied from a web page, with spaces that do not break.
            raise ValueError("holds characters that no model id has; type it, with plain spaces")
        return model

    @field_validator("database_url")
    @classmethod
    def _database_is_supported(cls, text: str) -> str:
        if not text.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
            raise ValueError("must start with sqlite+aiosqlite:/// or postgresql+asyncpg://")
        try:
            url = make_url(text)
        except (ArgumentError, ValueError) as error:
            raise ValueError("must look like postgresql+asyncpg://user:password@host/db") from error
        if url.get_backend_name() == "sqlite" and not _names_a_file(url):
            # One in memory would forget every paid job at the next start.
            raise ValueError("must name a file, as sqlite+aiosqlite:///data/hailuo.db does")
        return text

    @field_validator("http_addr")
    @classmethod
    def _address_has_a_port(cls, text: str) -> str:
        host, _, port = text.rpartition(":")
        if not _can_be_looked_up(host) or not port.isdecimal() or int(port) > LAST_PORT:
            raise ValueError("must look like 127.0.0.1:8081")
        return text

    @field_validator("result_hosts")
    @classmethod
    def _hosts_are_safe(cls, hosts: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        try:
            allowed = AllowedHosts.parse(hosts)
        except ValueError as error:
            raise ValueError(f"holds a wrong entry: {error}") from error
        if not hosts:
            raise ValueError("must name at least one host")
        api: str | None = info.data.get("runcomfy_api_url")
        if allowed.loopback and api is not None and not is_loopback(URL(api).host or ""):
            raise ValueError(
                "holds a host on this machine, which is only for the stand-in "
                "(RUNCOMFY_API_URL on this machine too)"
            )
        return hosts

    @field_validator("shard_ids")
    @classmethod
    def _shards_are_whole(
        cls, ids: tuple[int, ...] | None, info: ValidationInfo
    ) -> tuple[int, ...] | None:
        if ids is not None and "shard_count" in info.data:
            count: int | None = info.data["shard_count"]
            if count is None:
                raise ValueError("needs SHARD_COUNT as well")
            if max(ids) >= count:
                raise ValueError("must all be smaller than SHARD_COUNT")
        return ids


def _can_be_looked_up(host: str) -> bool:
    """Tell whether the system will look a host up: for a name that cannot be, it has no OSError."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def _names_a_file(url: DatabaseURL) -> bool:
    """Tell a path from SQLite's databases in memory, and from its URIs and their options."""
    path = url.database or ":memory:"
    return not path.startswith((":memory:", "file:")) and not url.query


def _origin(text: str) -> URL:
    url = URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("must be a web address like https://example.com")
    if url.user or url.password or url.path not in {"", "/"} or url.query_string or url.fragment:
        raise ValueError("must be an address without a path, user or query")
    return url


def _stand_ins(names: Collection[str]) -> dict[str, Any]:
    """Return a valid value for each of these fields: its default, or for a secret any word."""
    fields = Settings.model_fields
    return {name: "unset" if name in _SECRETS else fields[name].default for name in names}


def _items(error: ValidationError) -> list[tuple[str, str, str]]:
    """Return (field, kind, message) per problem; never the value, which may be a secret."""
    return [
        (str(item["loc"][0]), item["type"], item["msg"])
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _problems(error: ValidationError) -> Iterator[Problem]:
    for field, kind, message in _items(error):
        yield Problem(_explain(field.upper(), kind, message), frozenset({field}))


def _explain(name: str, kind: str, message: str) -> str:
    if kind == "missing":
        return f"{name} is not set: put {_SECRETS[name.lower()]} {WHERE}"
    text = message.removeprefix("Value error, ").rstrip(".")
    text = text[:1].lower() + text[1:] if not text[:2].isupper() else text
    return f"{name} {text}; correct it {WHERE}"

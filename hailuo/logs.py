"""Logs: structured, redacted, on stderr."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from structlog.typing import Processor

HIDDEN: Final = "[hidden]"
LEAST_SECRET: Final = 8
"""Characters; every real token is longer, and hiding shorter words would garble the log."""
_INTERACTION_TOKEN: Final = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.~-]+")
_SIGNED_QUERY: Final = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*\bhm=[^\s\"']*")


def configure_logging(log_format: str, secrets: Iterable[str]) -> None:
    """Send every log line of ours and of the libraries through one redacting formatter."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The pretty ones show local variables, and with them prompts and tokens.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    tail: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if log_format == "json":
        tail.append(structlog.processors.format_exc_info)
    formatter = _RedactingFormatter(
        _Redactor(secrets), foreign_pre_chain=shared, processors=[*tail, renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # At DEBUG these print payloads and webhook URLs, which hold tokens.
    for library in ("discord", "aiohttp", "sqlalchemy", "alembic", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Takes secrets out of the finished line, tracebacks included."""

    def __init__(self, redact: _Redactor, **options: Any) -> None:
        super().__init__(**options)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        return self._redact(super().format(record))


class _Redactor:
    def __init__(self, secrets: Iterable[str]) -> None:
        words = sorted(
            {word for word in secrets if len(word) >= LEAST_SECRET}, key=len, reverse=True
        )
        self._words = re.compile("|".join(map(re.escape, words))) if words else None

    def __call__(self, line: str) -> str:
        if self._words is not None:
            line = self._words.sub(HIDDEN, line)
        line = _INTERACTION_TOKEN.sub(rf"\1{HIDDEN}", line)
        return _SIGNED_QUERY.sub(rf"\1?{HIDDEN}", line)

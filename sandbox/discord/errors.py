"""Discord's refusals as data: JSON code, HTTP status and sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.discord.shapes import Complaints

INVALID_FORM = 50035

# docs: topics/opcodes-and-status-codes (JSON codes); statuses as met in the field.
CODES: dict[int, tuple[int, str]] = {
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20012: (403, "You are not authorized to perform this action on this application"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30034: (400, "Maximum number of daily application command creates has been reached (200)"),
    30046: (
        429,
        "Maximum number of edits to messages older than 1 hour reached. Try again later.",
    ),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    INVALID_FORM: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    90001: (403, "Reaction was blocked"),
    160002: (403, "Cannot reply without permission to read message history"),
    200000: (400, "Message was blocked by automatic moderation"),
    240000: (400, "Message blocked by harmful links filter"),
}


class DiscordError(Exception):
    """A refusal, as Discord words it.

    ``code`` is Discord's JSON code (0 for plain HTTP refusals), ``status`` the HTTP status,
    ``extra`` further keys of the answer (``errors``, ``retry_after``, ``global``). ``scope`` is
    whose rate limit was hit; ``via`` False makes the answer look as if it came from in front of
    Discord.
    """

    scope = "user"
    via = True

    def __init__(
        self, code: int, *, status: int | None = None, message: str | None = None, **extra: Any
    ) -> None:
        known_status, known_message = CODES.get(code, (400, "Bad Request"))
        self.code = code
        self.status = status or known_status
        self.message = message or known_message
        self.extra = extra
        super().__init__(f"{self.status} {self.code}: {self.message}")

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON answer."""
        return {"message": self.message, "code": self.code, **self.extra}

    @property
    def reason(self) -> str:
        """Return the refusal as one line, naming the first field it is about."""
        if "errors" not in self.extra:
            return f"{self.message} ({self.code})"
        node: Any = self.extra["errors"]
        path: list[str] = []
        while "_errors" not in node:
            key = next(iter(node))
            path.append(key)
            node = node[key]
        return f"{self.message} ({self.code}): {'.'.join(path)}: {node['_errors'][0]['message']}"


def http_error(status: int, reason: str) -> DiscordError:
    """Return a refusal without a code of its own, like ``401: Unauthorized``."""
    return DiscordError(0, status=status, message=f"{status}: {reason}")


def invalid_form(complaints: Complaints) -> DiscordError:
    """Return the refusal of a body, with every complaint at its place."""
    return DiscordError(INVALID_FORM, errors=complaints.tree)

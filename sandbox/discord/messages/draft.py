"""A message body as it comes in a request, checked before anything happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord.errors import DiscordError
from sandbox.discord.messages import components, embeds, mentions
from sandbox.discord.messages.message import MessageFlag
from sandbox.discord.shapes import (
    Complaints,
    Flag,
    Integer,
    ListOf,
    Number,
    Path,
    Record,
    Snowflake,
    Text,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.discord.attachments import Upload
    from sandbox.discord.messages.message import Message

Json = dict[str, Any]

MAX_CONTENT = 2000
MAX_FILES = 10
SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS | MessageFlag.SUPPRESS_NOTIFICATIONS | MessageFlag.IS_COMPONENTS_V2
)
OF_CHANNELS = ("nonce", "enforce_nonce", "message_reference", "sticker_ids")
"""What a message by an interaction's token cannot say (IncomingWebhookInteractionRequest)."""
LEGACY_FIELDS = ("content", "embeds", "poll", "sticker_ids")

_ATTACHMENT = Record(
    {
        "id": Snowflake(),
        "filename": Text(1024, 1),
        "description": Text(1024),
        "title": Text(1024),
        "is_spoiler": Flag(),
        "duration_secs": Number(),
        "waveform": Text(400),
    },
    frozenset({"id"}),
)
_REFERENCE = Record(
    {
        "message_id": Snowflake(),
        "channel_id": Snowflake(),
        "guild_id": Snowflake(),
        "fail_if_not_exists": Flag(),
        "type": Integer(0, 1),
    },
    frozenset({"message_id"}),
)
_BODY = Record(
    {
        "content": Text(MAX_CONTENT),
        "embeds": embeds.SHAPE,
        "flags": Integer(0, 2**31 - 1),
        "tts": Flag(),
        "allowed_mentions": mentions.SHAPE,
        "attachments": ListOf(_ATTACHMENT, MAX_FILES),
        "message_reference": _REFERENCE,
        "enforce_nonce": Flag(),
        "sticker_ids": ListOf(Snowflake(), 3),
    }
)


class Draft:
    """A checked body: what it says, and what it leaves unsaid.

    ``path`` is where the body stands in the request (``data`` in an interaction response);
    ``by_token`` leaves out what only a message into a channel may say.
    """

    def __init__(
        self,
        body: Json,
        uploads: Mapping[int, Upload],
        *,
        path: Path = (),
        message: Message | None = None,
        by_token: bool = False,
    ) -> None:
        if by_token and isinstance(body, dict):
            body = {name: value for name, value in body.items() if name not in OF_CHANNELS}
        self.uploads = uploads
        self.path = path
        require(_BODY, body, path)
        # A copy: what was sent stays as it was, for whoever looks at the exchange.
        self.body = dict(body)
        given = MessageFlag(body.get("flags") or 0)
        self.wants_ephemeral = MessageFlag.EPHEMERAL in given
        self.flags = given & SETTABLE
        was_v2 = message is not None and message.uses_components_v2
        self.is_v2 = was_v2 or MessageFlag.IS_COMPONENTS_V2 in self.flags
        self._check(message)

    def says(self, key: str) -> bool:
        """Tell whether the body has a word on this field, were it to empty it."""
        return key in self.body

    def text(self) -> str:
        """Return the content, as Discord trims it."""
        return (self.body.get("content") or "").strip()

    def allowed_mentions(self, *, from_interaction: bool) -> mentions.Allowed:
        """Return whom the message may ping."""
        given = self.body.get("allowed_mentions")
        if given is None:
            return mentions.Allowed.by_default(from_interaction=from_interaction)
        return mentions.Allowed.parse(given)

    def _check(self, message: Message | None) -> None:
        complaints = Complaints()
        if self.body.get("poll"):
            complaints.add((*self.path, "poll"), "SANDBOX", "This stand-in knows no polls")
        self._check_nonce(complaints)
        if self.body.get("allowed_mentions"):
            mentions.check_exclusive(
                self.body["allowed_mentions"], (*self.path, "allowed_mentions"), complaints
            )
        embeds.check_total(self.body.get("embeds") or (), (*self.path, "embeds"), complaints)
        if self.body.get("components"):
            where = (*self.path, "components")
            given = self.body["components"]
            self.body["components"] = components.check(given, where, complaints, v2=self.is_v2)
        if self.is_v2:
            self._check_legacy_fields(message, complaints)
        complaints.refuse()
        if len(self.uploads) > MAX_FILES:
            raise DiscordError(40005)

    def _check_nonce(self, complaints: Complaints) -> None:
        nonce = self.body.get("nonce")
        if isinstance(nonce, str):
            Text(25).check(nonce, (*self.path, "nonce"), complaints)
        elif nonce is not None:
            Integer().check(nonce, (*self.path, "nonce"), complaints)

    def _check_legacy_fields(self, message: Message | None, complaints: Complaints) -> None:
        for name in LEGACY_FIELDS:
            kept = getattr(message, name, None) if name not in self.body else self.body[name]
            if kept:
                complaints.add(
                    (*self.path, name),
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f'The "{name}" field cannot be used when using MessageFlags.IS_COMPONENTS_V2',
                )

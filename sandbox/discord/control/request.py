"""Reading a control call: who acts, where, with which files."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.discord import attachments
from sandbox.discord.attachments import Attachment, Upload
from sandbox.discord.control.errors import ControlError
from sandbox.discord.ids import APPLICATION_ID, HIDDEN_CHANNEL_ID, TEXT_CHANNEL_ID, THREAD_ID
from sandbox.discord.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiohttp import web

    from sandbox.discord.entities import Channel, User
    from sandbox.discord.gateway import Gateway
    from sandbox.discord.interactions.interaction import Interaction
    from sandbox.discord.messages.message import Message
    from sandbox.discord.world import World

Json = dict[str, Any]

PLACES = {"text": TEXT_CHANNEL_ID, "thread": THREAD_ID, "hidden": HIDDEN_CHANNEL_ID}
CLAIMS = {"size": int, "width": int, "height": int, "content_type": str}
FILE_KEYS = {"name", "base64", *CLAIMS}
WAITING = ("since", "wait")
"""What every look may say besides."""
_MISSING = object()


@dataclass(slots=True)
class ControlCall:
    """A control call's JSON body (or query), read field by field."""

    world: World
    gateway: Gateway
    body: Json

    @classmethod
    async def read(
        cls, world: World, gateway: Gateway, request: web.Request, keys: Collection[str]
    ) -> ControlCall:
        """Parse a request: its body, its query and the ids in its path are all fields alike.

        A key that is none of ``keys`` is refused, since a misspelt wish would go unheard.
        """
        body: Any = {}
        if request.body_exists:
            try:
                body = json.loads(await request.read() or b"{}")
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                raise ControlError(f"the body is no JSON: {error}") from error
        if not isinstance(body, dict):
            raise ControlError("the body must be a JSON object")
        given = {**request.query, **body}
        known = (*keys, *WAITING) if request.method == "GET" else keys
        if unknown := given.keys() - set(known):
            listed = ", ".join(known) or "none"
            raise ControlError(f"unknown keys: {', '.join(sorted(unknown))} (there are: {listed})")
        return cls(world, gateway, {**given, **request.match_info})

    def get(self, name: str, kind: type, default: Any = _MISSING) -> Any:
        """Return a field of a type; without default it must be there."""
        value = self.body.get(name)
        if value is None:
            if default is _MISSING:
                raise ControlError(f"{name!r} is missing")
            return default
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ControlError(f"{name!r} must be {kind.__name__}, not {value!r}")
        return value

    def items(self, name: str, kind: type) -> list[Any]:
        """Return a list's items, each of a type; none where the field is not there."""
        given = self.get(name, list, [])
        if not all(isinstance(item, kind) for item in given):
            raise ControlError(f"{name!r} must hold {kind.__name__} alone, not {given!r}")
        return given

    def number(self, name: str, value: Any = None) -> int:
        """Return an id, given as a string or an integer."""
        given = self.body.get(name) if value is None else value
        if isinstance(given, bool) or not str(given).isdecimal():
            raise ControlError(f"{name!r} must be an id, not {given!r}")
        return int(str(given))

    def user(self, name: str = "as") -> User:
        """Return the account a field names, by name or id."""
        user = self.world.person(str(self.body.get(name)))
        if user is None:
            raise ControlError(f"{name!r}: nobody is called {self.body.get(name)!r}")
        return user

    def actor(self) -> User:
        """Return the person who acts; the bot acts by itself."""
        user = self.user()
        if user.bot:
            raise ControlError("the bot acts by itself")
        return user

    def channel(self, user: User) -> Channel:
        """Return the channel a field names, if ``user`` sees it."""
        given = self.body.get("channel")
        if given == "dm":
            return self.world.direct_channel_with(user)
        channel = self.world.channel(PLACES.get(str(given)) or self.number("channel"))
        if channel is None:
            raise ControlError(f"there is no channel {given!r}")
        if not self.world.permissions_of(user, channel) & Permission.VIEW_CHANNEL:
            raise ControlError(f"{user.username} cannot see channel {given!r}")
        return channel

    def message(self, user: User, message_id: Any = None) -> Message:
        """Return the message a field names, if ``user`` sees it."""
        number = self.number("message", message_id)
        message = self.world.messages.get(number)
        if message is None or message.deleted:
            raise ControlError(f"there is no message {number}")
        may = self.world.permissions_of(user, message.channel)
        if not may & Permission.VIEW_CHANNEL or not message.is_visible_to(user):
            raise ControlError(f"{user.username} cannot see message {number}")
        return message

    def interaction(self, interaction_id: Any = None) -> Interaction:
        """Return the interaction a field names."""
        number = self.number("interaction", interaction_id)
        interaction = self.world.interactions.get(number)
        if interaction is None:
            raise ControlError(f"there is no interaction {number}")
        return interaction

    def uploads(self) -> dict[str, FileSpec]:
        """Return the files of the call by name."""
        given = self.get("files", dict, {})
        return {name: FileSpec.parse(name, spec) for name, spec in given.items()}


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A person's file."""

    upload: Upload

    @classmethod
    def parse(cls, name: str, spec: Any) -> FileSpec:
        """Return the file a ``{"name", "base64"}`` object describes."""
        if not isinstance(spec, dict) or not isinstance(spec.get("name"), str):
            raise ControlError(f"file {name!r} must be an object with name and base64")
        if unknown := spec.keys() - FILE_KEYS:
            raise ControlError(f"file {name!r} has unknown keys: {', '.join(sorted(unknown))}")
        try:
            data = base64.b64decode(spec.get("base64", ""), validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise ControlError(f"file {name!r}: {error}") from error
        claims = {key: _claim(spec[key], key, kind) for key, kind in CLAIMS.items() if key in spec}
        return cls(Upload(spec["name"], data, claims))

    async def store(self, world: World) -> Attachment:
        """Keep the file as Discord keeps what goes into an option: for a while."""
        folder = f"/ephemeral-attachments/{APPLICATION_ID}"
        return await attachments.store(world, self.upload, folder, ephemeral=True)


def _claim(value: Any, name: str, kind: type) -> Any:
    """Return what a file is said to be; all but its size Discord may not know."""
    if value is None and name != "size":
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ControlError(f"a file's {name!r} must be {kind.__name__}, not {value!r}")
    return value

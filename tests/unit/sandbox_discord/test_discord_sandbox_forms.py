"""Whatever a body holds, it is taken or refused as Discord would: nothing breaks the stand-in."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.discord import ids
from sandbox.discord.commands import forms
from sandbox.discord.errors import DiscordError
from sandbox.discord.interactions import modals
from sandbox.discord.messages import components, posting
from sandbox.discord.messages.draft import Draft
from sandbox.discord.messages.message import render
from sandbox.discord.shapes import Complaints
from sandbox.discord.world import World

KEYS = st.sampled_from(
    [
        *("type", "components", "custom_id", "style", "label", "content", "items", "media", "url"),
        *("file", "accessory", "options", "value", "name", "description", "flags", "embeds"),
        *("fields", "image", "attachments", "id", "allowed_mentions", "parse", "users", "nonce"),
        *("min_values", "max_values", "min_length", "max_length", "choices", "component"),
        *("required", "title", "emoji", "message_reference", "message_id"),
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 24)
    | st.text(max_size=5)
    | st.just("attachment://a")
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6)
)
COMPONENTS = st.recursive(
    st.fixed_dictionaries(
        {"type": st.integers(1, 23)}, optional={"custom_id": st.text(max_size=3)}
    ),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from([1, 9, 17, 18])},
        optional={
            "components": st.lists(inner, max_size=3),
            "accessory": inner,
            "component": inner,
            "label": LEAVES,
            "items": JSON,
        },
    ),
    max_leaves=8,
)


BODIES = st.fixed_dictionaries(
    {},
    optional={
        "content": st.none() | st.text(max_size=5) | st.just(f"<@{ids.BOB_ID}> @everyone"),
        "flags": st.sampled_from([0, 64, 1 << 15]),
        "components": st.lists(COMPONENTS, max_size=3),
        "embeds": st.lists(st.dictionaries(KEYS, JSON, max_size=3), max_size=2),
        "attachments": JSON,
        "allowed_mentions": JSON,
        "nonce": LEAVES,
    },
)


@settings(max_examples=200, deadline=None)
@given(JSON | BODIES)
def test_any_message_body_is_posted_or_refused(body: Any) -> None:
    """A draft either stands, then the message can be shown, or is refused with Discord's code."""
    world = World()
    channel = world.guild.channels[ids.TEXT_CHANNEL_ID]
    with suppress(DiscordError):
        message = asyncio.run(posting.create(world, channel, world.bot, Draft(body, {})))
        assert json.dumps(render(world, message, viewer=world.bot))


@settings(max_examples=150, deadline=None)
@given(st.lists(COMPONENTS, max_size=4), st.booleans())
def test_any_component_tree_is_taken_or_refused(tree: Any, v2: bool) -> None:
    """What passes the check can be stored."""
    complaints = Complaints()
    clean = components.check(tree, (), complaints, v2=v2)
    if not complaints.tree:
        components.store(clean, (), (), complaints)


@settings(max_examples=150, deadline=None)
@given(
    JSON
    | st.fixed_dictionaries(
        {
            "custom_id": st.just("m"),
            "title": st.just("t"),
            "components": st.lists(COMPONENTS, max_size=3),
        }
    )
)
def test_any_modal_is_taken_or_refused(modal: Any) -> None:
    """A modal either stands or is refused with Discord's code."""
    with suppress(DiscordError):
        modals.check(modal, ())


@settings(max_examples=150, deadline=None)
@given(
    JSON
    | st.lists(
        st.fixed_dictionaries(
            {
                "name": st.just("n"),
                "description": st.just("d"),
                "options": st.lists(JSON, max_size=3),
            }
        )
    )
)
def test_any_command_list_is_taken_or_refused(commands: Any) -> None:
    """Registering never breaks."""
    with suppress(DiscordError):
        forms.check(commands)

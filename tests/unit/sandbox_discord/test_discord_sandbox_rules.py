"""Small rules of the stand-in, each by itself."""

from __future__ import annotations

import discord
import pytest

from sandbox.discord import ids
from sandbox.discord.entities import Overwrite
from sandbox.discord.events import Event, Intent
from sandbox.discord.messages.emoji import is_emoji
from sandbox.discord.permissions import ALL, INVITE, Permission
from sandbox.discord.sessions import REPLAY_LIMIT, RESUME_WINDOW_S, Session
from sandbox.discord.snowflakes import Snowflakes, time_of
from sandbox.discord.world import World


def test_ids_grow_even_when_the_clock_does_not() -> None:
    """A standing or falling clock still gives new, larger ids; their time is the clock's."""
    moments = iter([1_800_000_000.0, 1_800_000_000.0, 1_799_999_999.0, 1_800_000_001.5])
    snowflakes = Snowflakes(lambda: next(moments))
    made = [snowflakes.next() for _ in range(4)]
    assert made == sorted(set(made))
    assert time_of(made[0]).timestamp() == 1_800_000_000
    assert time_of(made[-1]).timestamp() == 1_800_000_001.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((emoji, True) for emoji in ("❌", "👍", "❤️", "👨‍👩‍👧", "🇩🇪", "1️⃣", "↔", "👍🏽")),
        *((text, False) for text in ("", "x", "cancel", ":x:", "❌" * 20, "1", "❌x")),
    ],
)
def test_emoji(text: str, expected: bool) -> None:
    """One standard emoji is a symbol with its joiners; words and digits are none."""
    assert is_emoji(text) is expected


def test_every_permission_of_discord_has_its_name() -> None:
    known = {int(bit) for bit in Permission}
    assert set(discord.Permissions.VALID_FLAGS.values()) <= known
    for name in ("STREAM", "MANAGE_ROLES", "PIN_MESSAGES"):
        assert Permission.named(name) in Permission


def test_permissions_of_the_world() -> None:
    """The bot has its invite's, the owner all, a stranger to a conversation none."""
    world = World()
    text, dm = (world.channel(number) for number in (ids.TEXT_CHANNEL_ID, ids.DM_ID))
    assert text is not None
    assert dm is not None
    assert world.permissions_of(world.bot, text) == INVITE
    assert world.permissions_of(world.users[ids.OWNER_ID], text) == ALL
    assert not world.permissions_of(world.users[ids.BOB_ID], dm)
    assert not world.permissions_of(world.bot, text) & Permission.MANAGE_MESSAGES


def test_overwrites_apply_in_discords_order() -> None:
    """Everyone first, then roles together with allow over deny, the member's own last."""
    world = World()
    text = world.guild.channels[ids.TEXT_CHANNEL_ID]
    mod = world.users[ids.MOD_ID]
    send = Permission.SEND_MESSAGES
    text.overwrites[ids.MEMBER_ROLE_ID] = Overwrite(ids.MEMBER_ROLE_ID, is_member=False, deny=send)
    assert not world.permissions_of(mod, text) & send
    text.overwrites[ids.MOD_ROLE_ID] = Overwrite(ids.MOD_ROLE_ID, is_member=False, allow=send)
    assert world.permissions_of(mod, text) & send
    text.overwrites[ids.MOD_ID] = Overwrite(ids.MOD_ID, is_member=True, deny=send)
    assert not world.permissions_of(mod, text) & send
    thread = world.guild.channels[ids.THREAD_ID]
    assert world.permissions_of(mod, thread) == world.permissions_of(mod, text)


def test_session_keeps_a_bounded_replay() -> None:
    """Events beyond the limit cannot be replayed; a session nobody resumes goes stale."""
    session = Session((0, 1), intents=int(Intent.GUILD_MESSAGE_REACTIONS))
    for _ in range(REPLAY_LIMIT + 10):
        session.dispatch("SOMETHING", {})
    assert session.can_resume_from(10)
    assert not session.can_resume_from(9)
    assert not session.can_resume_from(REPLAY_LIMIT + 11)
    session.disconnected_at = 0.0
    assert not session.is_stale(RESUME_WINDOW_S)
    assert session.is_stale(RESUME_WINDOW_S + 1)


def test_events_reach_the_shard_and_intent_they_are_for() -> None:
    """A guild's events go to its shard, direct ones to shard 0, both by intent."""
    home = (ids.GUILD_ID >> 22) % 4
    guild = Event("X", {}, ids.GUILD_ID, Intent.GUILD_MESSAGES)
    direct = Event("X", {}, None, Intent.DIRECT_MESSAGES)
    everything = int(Intent.GUILD_MESSAGES | Intent.DIRECT_MESSAGES)
    assert [guild.reaches(everything, (number, 4)) for number in range(4)].index(True) == home
    assert [direct.reaches(everything, (number, 4)) for number in range(4)] == [True] + [False] * 3
    assert not guild.reaches(int(Intent.DIRECT_MESSAGES), (home, 4))
    assert Event("INTERACTION_CREATE", {}, ids.GUILD_ID).reaches(0, (home, 4))

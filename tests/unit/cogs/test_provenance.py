"""Whose picture a message shows, however it came there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import discord
import pytest

from cogs.ui.provenance import Provenance, provenance_of
from hailuo.jobs.finds import OwnerUnknownError
from hailuo.jobs.job import Job, JobId, JobState, UserId
from tests.jobs import PICTURE, request_by
from tests.unit.cogs.test_sights import CDN, attachment, media, message

ALICE, BOB, FORWARDER, BOT = UserId(2), UserId(3), UserId(9), 777
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ORIGINAL_CHANNEL = 1


def job(number: int, user: UserId, **more: Any) -> Job:
    request = replace(request_by(user), picture_of=more.pop("picture_of", None))
    job_id = JobId(f"000000000000{number}")
    return Job(job_id, request, PICTURE, JobState.DELIVERED, NOW, NOW, None, **more)


ALICES, BOBS, OF_ALICE = job(1, ALICE), job(2, BOB), job(3, BOB, picture_of=ALICE)
DELETED = job(4, ALICE, deleted_at=NOW)
KNOWN = {one.id: one for one in (ALICES, BOBS, OF_ALICE, DELETED)}


def client(original: discord.Message | Exception | None = None, *, may_read: bool = True) -> Any:
    """Return a bot that knows some jobs, and one channel with a message."""
    channel = mock.create_autospec(discord.TextChannel, instance=True, spec_set=True)
    channel.permissions_for.return_value = discord.Permissions(
        view_channel=True, read_message_history=may_read
    )
    channel.fetch_message.side_effect = [original]

    async def job_on(message_id: int) -> Job | None:
        del message_id

    async def find(job_id: JobId) -> Job | None:
        return KNOWN.get(job_id)

    return SimpleNamespace(
        user=SimpleNamespace(id=BOT),
        get_channel={ORIGINAL_CHANNEL: channel}.get,
        engine=SimpleNamespace(store=SimpleNamespace(job_on=job_on, job=find)),
    )


def by(user_id: int, **data: Any) -> discord.Message:
    author = {"id": str(user_id), "username": "x", "discriminator": "0", "avatar": None}
    return message(author=author, **data)


def card(*jobs: Job) -> dict[str, Any]:
    """Return what a message shows that is the card of some jobs, or the page of a history."""
    items = [{"media": media(f"{CDN}/picture-{one.id}.png", attachment_id="7")} for one in jobs]
    names = [
        {"type": 2, "id": 3, "style": 2, "label": "Again", "custom_id": f"again:{one.id}"}
        for one in jobs
    ]
    gallery, row = {"type": 12, "id": 1, "items": items}, {"type": 1, "id": 2, "components": names}
    return {"flags": 1 << 15, "components": [gallery, row]}


def forward(shown: dict[str, Any], channel: int = ORIGINAL_CHANNEL) -> discord.Message:
    """Return what somebody forwards."""
    inner = {
        "attachments": [],
        "embeds": [],
        "type": 0,
        "content": "",
        "timestamp": "2026-11-23T12:00:00+00:00",
        "edited_timestamp": None,
        **shown,
    }
    reference = {"type": 1, "message_id": "4", "channel_id": str(channel)}
    return by(FORWARDER, message_snapshots=[{"message": inner}], message_reference=reference)


FILE = {"attachments": [attachment("a.png", "image/png")]}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (by(ALICE, **FILE), Provenance(ALICE, None)),
        (by(BOT, **card(ALICES)), Provenance(ALICE, ALICES)),
        (by(BOT, **card(OF_ALICE)), Provenance(ALICE, OF_ALICE)),
        (by(BOT, **card(ALICES, OF_ALICE)), Provenance(ALICE, None)),
        (forward(card(ALICES)), Provenance(ALICE, ALICES)),
        (forward(card(OF_ALICE)), Provenance(ALICE, OF_ALICE)),
    ],
    ids=["picture", "card", "borrowed", "page of one owner", "forwarded card", "and borrowed"],
)
async def test_a_message_shows_its_authors_picture_and_a_card_its_owners(
    shown: discord.Message, expected: Provenance
) -> None:
    assert await provenance_of(client(), shown) == expected


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        (by(ALICE, **FILE), Provenance(ALICE, None)),
        (by(BOT, **card(ALICES)), Provenance(ALICE, ALICES)),
    ],
)
async def test_a_forwarded_picture_is_that_of_who_first_posted_it(
    original: discord.Message, expected: Provenance
) -> None:
    assert await provenance_of(client(original), forward(FILE)) == expected


@pytest.mark.parametrize(
    ("bot", "shown"),
    [
        (client(), by(BOT, **FILE)),
        (client(), by(BOT, **card(DELETED))),
        (client(), by(BOT, **card(ALICES, BOBS))),
        (client(), forward(card(DELETED))),
        (client(by(ALICE)), forward(FILE, channel=99)),
        (client(by(ALICE), may_read=False), forward(FILE)),
        (client(by(BOT)), forward(FILE)),
        (client(forward(FILE)), forward(FILE)),
        (client(TimeoutError()), forward(FILE)),
        (client(OSError()), forward(FILE)),
    ],
    ids=[
        "unknown card",
        "deleted card",
        "page of several owners",
        "forwarded deleted card",
        "forward from elsewhere",
        "forward of what may not be read",
        "forward of an unknown card",
        "forward of a forward",
        "forward that is not found in time",
        "forward while Discord is away",
    ],
)
async def test_where_nobody_can_tell_the_picture_is_left_alone(
    bot: Any, shown: discord.Message
) -> None:
    with pytest.raises(OwnerUnknownError):
        await provenance_of(bot, shown)

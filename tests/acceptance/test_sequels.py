"""What a finished card offers: Again, Edit prompt, Continue and Delete, and who may press them."""

from __future__ import annotations

import asyncio
import io
import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests.acceptance import forms
from tests.acceptance.forms import IDS, craft, form_of, job_of, labels, private_message, send_off
from tests.acceptance.pictures import difference, picture
from tests.acceptance.playground import media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any

EVERYBODY = ("alice", "bob", "mod", "owner")
AFTER = ["Again", "Edit prompt", "Continue", "Delete"]
GENEROUS = {"QUOTA_PER_USER": "50", "MAX_LIVE_PER_USER": "20"}


async def finished(stage: Stage, prompt: str = "the waves roll in", **more: Any) -> Json:
    """Let alice make a video, and return its card."""
    return await stage.card(await stage.animate(picture(), prompt=prompt, **more), "Done")


def link_to(stage: Stage, card: Json) -> str:
    """Return the link to a card."""
    return f"https://discord.com/channels/{stage.world['guild']}/{stage.channel}/{card['id']}"


def lineage(stage: Stage, card: Json) -> tuple[Any, ...]:
    """Return what the store knows of where a job comes from."""
    (found,) = forms.rows(
        stage, "SELECT user_id, parent_id, picture_of FROM jobs WHERE id = ?", job_of(card)
    )
    return found


async def test_everybody_here_may_go_on_from_a_card_at_their_own_cost(
    set_the_stage: SetTheStage,
) -> None:
    async with set_the_stage(**GENEROUS) as stage:
        card = await finished(stage)
        assert labels(card) == AFTER
        asks = {who: await stage.press(card, "Again", who) for who in EVERYBODY}
        for ask in asks.values():
            told = await stage.private_answer(ask)
            assert "counts as one of your 50" in told
            assert "are left" in told
        assert len(await stage.submits()) == 1, "nothing begins before it is meant"

        ask = await private_message(stage, asks["bob"])
        await asyncio.gather(again(stage, card, ask), edit(stage, card), continue_(stage, card))


async def again(stage: Stage, card: Json, ask: Json) -> None:
    """Have the same input once more, however often it is pressed, and by nobody else."""
    presses = await asyncio.gather(*(stage.press(ask, "Begin", "bob") for _ in range(2)))

    async def one_was_refused() -> bool:
        answers = [(await stage.interaction(press))["ephemeral"] for press in presses]
        return sum("no longer open" in texts_of(m) for told in answers for m in told) == 1

    await stage.until(one_was_refused, "one of two presses is refused")
    begun = [press for press in presses if not (await stage.interaction(press))["ephemeral"]]
    new = await stage.card(begun[0], "Done")
    assert f"<@{IDS['bob']}>" in texts_of(new)
    assert f"[this video]({link_to(stage, card)}) once more" in texts_of(new)
    assert lineage(stage, new) == (IDS["bob"], job_of(card), IDS["alice"])
    inputs = [submit["input"] for submit in await stage.submits()]
    same = [given["image_url"] for given in inputs if given["prompt"] == "the waves roll in"]
    one, other = [await stage.download(url) for url in same]
    assert one == other, "the very same picture"


async def edit(stage: Stage, card: Json) -> None:
    """Get a form with the old prompt; what is sent back is held to the rules of /animate."""
    opener = await stage.press(card, "Edit prompt", "mod")
    form = await form_of(stage, opener)
    assert "counts as one of your 50; 50 are left" in texts_of(form)
    (field,) = [item["component"] for item in form["components"] if item["type"] == 18]
    assert (field["value"], field["max_length"]) == ("the waves roll in", 1995)

    blank = {"values": {"prompt": " \u200b"}, "unchecked": True}
    refused = await stage.private_answer(await send_off(stage, opener, "mod", **blank))
    assert "Nothing was counted" in refused
    opener = await stage.press(card, "Edit prompt", "mod")
    submission = await send_off(stage, opener, "mod", values={"prompt": "a gull flies by"})
    await stage.discord.post(f"/sandbox/interactions/{submission}/redeliver")
    new = await stage.card(submission, "Done")
    assert f"[this video]({link_to(stage, card)}) with another prompt" in texts_of(new)
    assert difference(await forms.sent(stage, "a gull flies by"), picture()) < 3
    assert len([m for m in await stage.messages() if "a gull" in texts_of(m)]) == 1


async def continue_(stage: Stage, card: Json) -> None:
    """Make the last frame the picture; the requester needs nobody's leave for their own."""
    video = await stage.download(media_of(card)[1]["url"])
    opener = await stage.press(card, "Continue", "alice")
    await send_off(stage, opener, "alice", values={"prompt": "it goes on"})

    async def done() -> Json | None:
        cards = [m for m in await stage.messages() if "it goes on" in texts_of(m)]
        return cards[0] if cards and "Done" in texts_of(cards[0]) else None

    new = await stage.until(done, "the sequel is done")
    assert f"continues [this video]({link_to(stage, card)})" in texts_of(new)
    assert lineage(stage, new) == (IDS["alice"], job_of(card), None)
    assert difference(await forms.sent(stage, "it goes on"), forms.last_frame(video)) < 3
    assert difference(await forms.sent(stage, "it goes on"), picture()) > 3


async def test_who_may_delete_a_card(set_the_stage: SetTheStage) -> None:
    """Its requester and moderators, after being asked; its files go, what it counted stays."""
    async with set_the_stage(**GENEROUS) as stage:
        cards = await asyncio.gather(*(finished(stage, f"number {n}") for n in range(2)))
        await stage.settled(2)
        refused = await stage.private_answer(await stage.press(cards[0], "Delete", "bob"))
        assert "Only the member who asked" in refused
        assert "for good" in await stage.private_answer(
            await stage.press(cards[0], "Delete", "owner")
        )
        ask = await private_message(stage, await stage.press(cards[0], "Delete", "mod"))
        await stage.discord.post(
            "/sandbox/permissions", who="mod", channel=stage.channel, deny=["MANAGE_MESSAGES"]
        )
        press = await stage.press(ask, "Delete for good", "mod")
        assert "Only the member who asked" in await stage.private_answer(press)
        await stage.discord.post(
            "/sandbox/permissions", who="mod", channel=stage.channel, neutral=["MANAGE_MESSAGES"]
        )
        opener = await stage.press(cards[0], "Edit prompt", "bob")
        await form_of(stage, opener)
        found = await forms.use_menu(stage, cards[0]["id"], "bob")
        await form_of(stage, found)
        begin = await private_message(stage, await stage.press(cards[0], "Again", "bob"))

        for card, who in zip(cards, ("alice", "mod"), strict=True):
            ask = await private_message(stage, await stage.press(card, "Delete", who))
            assert "for good" in texts_of(ask)
            await forms.delete_for_good(stage, ask, who)
            assert card["id"] not in [message["id"] for message in await stage.messages()]
            assert forms.files_of(stage, card) == []

        assert "48 of 50" in await stage.private_answer(await stage.command("quota"))
        submission = await send_off(stage, opener, "bob", values={"prompt": "too late"})
        assert "does not know that video" in await stage.private_answer(submission)
        submission = await send_off(stage, found, "bob", values={"prompt": "too late"})
        assert "was deleted" in await stage.private_answer(submission)
        assert "no longer open" in await stage.private_answer(
            await stage.press(begin, "Begin", "bob")
        )
        assert len(await stage.submits()) == 2


async def test_a_crafted_id_reaches_no_job_of_another_place(set_the_stage: SetTheStage) -> None:
    """A button that its message does not have does nothing; a form says what it is about itself."""
    async with set_the_stage(**GENEROUS) as stage:
        thread = stage.world["channels"]["thread"]
        elsewhere = await stage.animate(picture(), who="bob", channel=thread)
        secret = job_of(await finished(stage, "secret"))
        card = await stage.card(elsewhere, "Done", channel=thread)
        kinds = ("again", "edit", "continue", "begin", "delete-card", "delete-card-now", "cancel")
        crafted = [await craft(stage, card, f"{kind}:{secret}", "bob") for kind in kinds]

        opener = await stage.press(card, "Edit prompt", "bob")
        values = {"values": {"prompt": "mine now"}, "unchecked": True}
        for custom_id, told in {
            f"edit:{secret}": "does not know that video",
            f"continue:{secret}": "does not know that video",
            f"animate:{secret}": "over an hour old",
            "edit:0000000000000": "does not know that video",
            "older:1": "does not know this form",
        }.items():
            submission = await send_off(stage, opener, "bob", **values, custom_id=custom_id)
            assert told in await stage.private_answer(submission), custom_id
            opener = await stage.press(card, "Edit prompt", "bob")
        found = await forms.use_menu(stage, card["id"], "bob")
        submission = await send_off(stage, found, "alice", **values)
        assert "over an hour old" in await stage.private_answer(submission)
        found = await forms.use_menu(stage, card["id"], "bob")
        for choice in (["7"], ["-1"], [""], ["x"]):
            strange = {"values": {"prompt": "x", "picture": choice}, "unchecked": True}
            submission = await send_off(stage, found, "bob", **strange)
            assert "no picture" in await stage.private_answer(submission)
            found = await forms.use_menu(stage, card["id"], "bob")
        for press in crafted:
            assert not (await stage.interaction(press))["answered"]
        assert len(await stage.submits()) == 2


async def test_a_member_may_keep_their_pictures_to_themselves(set_the_stage: SetTheStage) -> None:
    """Asked at the button and once more at what it leads to; not even a sequel's maker goes on."""
    async with set_the_stage(**GENEROUS) as stage:
        card = await finished(stage)
        ask = await private_message(stage, await stage.press(card, "Again", "bob"))
        bobs = await stage.card(await stage.press(ask, "Begin", "bob"), "Done")
        late = await private_message(stage, await stage.press(card, "Again", "bob"))
        opener = await stage.press(card, "Edit prompt", "bob")
        await form_of(stage, opener)
        forms.keep_to_oneself(stage, "alice")

        presses = [
            await stage.press(late, "Begin", "bob"),
            await send_off(stage, opener, "bob", values={"prompt": "x"}),
            *[await stage.press(card, label, "mod") for label in AFTER[:3]],
            *[await stage.press(bobs, label, "bob") for label in AFTER[:3]],
            await forms.use_menu(stage, card["id"], "owner"),
        ]
        for press in presses:
            told = await stage.private_answer(press)
            assert "would rather not" in told
            assert "Nothing was counted" in told
        await form_of(stage, await stage.press(bobs, "Continue", "alice"))
        assert len(await stage.submits()) == 2


async def test_what_came_to_nothing_can_be_had_again(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", queue_s=[60, 60])
    interaction = await stage.animate(picture())
    card = await stage.card_at_the_api(interaction)
    (submit,) = await stage.submits()
    await stage.runcomfy.post(f"/sandbox/requests/{submit['request_id']}", status="failed")
    card = await stage.card(interaction, "Failed")
    assert labels(card) == ["Again", "Edit prompt", "Delete"]
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1])
    ask = await private_message(stage, await stage.press(card, "Again"))
    await stage.card(await stage.press(ask, "Begin"), "Done")


async def test_buttons_and_forms_outlive_a_restart_and_their_files(stage: Stage) -> None:
    """Opened before it, sent off after it; what time has swept away is taken from the card."""
    card = await finished(stage)
    await stage.settled()
    ask = await private_message(stage, await stage.press(card, "Again", "bob"))
    opener = await stage.press(card, "Edit prompt", "mod")
    await form_of(stage, opener)
    found = await forms.use_menu(stage, card["id"], "owner")
    await form_of(stage, found)
    files = forms.files_of(stage, card)
    assert len(files) == 4, "the picture, the video, its first frame and its last"
    long_ago = time.time() - timedelta(days=7, minutes=1).total_seconds()
    for path in files:
        os.utime(path, (long_ago, long_ago))
    await stage.restart()

    async def swept() -> bool:
        return not forms.files_of(stage, card)

    await stage.until(swept, "what is kept for a week is gone")
    continuing = await stage.press(card, "Continue", "bob")
    begun = [
        await stage.press(ask, "Begin", "bob"),
        await send_off(stage, opener, "mod", values={"prompt": "edited"}),
        await send_off(stage, found, "owner", values={"prompt": "found", "picture": ["1"]}),
        await send_off(stage, continuing, "bob", values={"prompt": "on and on"}),
    ]
    for interaction in begun:
        await stage.card(interaction, "Done")
    assert difference(await forms.sent(stage, "edited"), picture()) < 3
    end = forms.last_frame(await stage.download(media_of(card)[1]["url"]))
    for prompt in ("found", "on and on"):
        assert difference(await forms.sent(stage, prompt), end) < 3


async def test_a_used_up_quota_is_told_at_every_step(set_the_stage: SetTheStage) -> None:
    async with set_the_stage(QUOTA_PER_USER="1") as stage:
        card = await finished(stage)
        opener = await stage.press(card, "Edit prompt", "bob")
        assert "counts as one of your 1; 1 is left" in texts_of(await form_of(stage, opener))
        asks = [
            await private_message(stage, await stage.press(card, "Again", "bob")) for _ in range(2)
        ]
        await stage.card(await stage.press(asks[0], "Begin", "bob"), "Done")
        presses = [
            await stage.press(asks[1], "Begin", "bob"),
            await send_off(stage, opener, "bob", values={"prompt": "more"}),
            await stage.press(card, "Again", "bob"),
            await stage.press(card, "Continue", "alice"),
            await forms.use_menu(stage, card["id"], "alice"),
        ]
        for press in presses:
            assert "used all your videos (1 in 24 h)" in await stage.private_answer(press)
        assert len(await stage.submits()) == 2
        assert len(await stage.messages("owner")) == 2


def test_the_pictures_of_these_tests_can_be_told_apart() -> None:
    video = forms.video_of((200, 0, 0), (0, 0, 200))
    assert difference(forms.last_frame(video), Image.new("RGB", (40, 40), (0, 0, 200))) < 5
    assert difference(Image.open(io.BytesIO(picture())), forms.last_frame(video)) > 30

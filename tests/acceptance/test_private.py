"""`/animate private:`: a card for its member alone, in their DM, from its beginning to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.discord.ids import GUILD_ID
from tests.acceptance import forms
from tests.acceptance.pictures import picture
from tests.acceptance.playground import media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any


async def in_dm(stage: Stage, says: str) -> Json:
    """Wait until the latest message of alice's DM says something."""

    async def found() -> Json | None:
        messages = await stage.messages("alice", channel="dm")
        return messages[-1] if messages and says in texts_of(messages[-1]) else None

    return await stage.until(found, f"alice's DM says {says!r}")


async def nothing_in_the_server(stage: Stage) -> None:
    """Show that nobody else sees anything."""
    for bystander in ("bob", "mod", "owner"):
        assert await stage.messages(bystander) == []


async def test_a_private_video_lives_in_its_members_dm(stage: Stage) -> None:
    """Drawn there, followed there after a restart and without a token, and never in the server."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    given = {"private": True}
    interaction = await stage.animate(picture(), prompt="a secret", options=given, locale="de")
    card = await in_dm(stage, "> a secret")
    answer = await stage.private_answer(interaction)
    link = f"https://discord.com/channels/@me/{stage.world['channels']['dm']}/{card['id']}"
    assert link in answer
    await nothing_in_the_server(stage)
    quota = await stage.private_answer(await stage.command("quota"))
    assert "4 of 5" in quota
    await stage.sent()
    await stage.restart()
    await nothing_in_the_server(stage)
    await stage.complete()
    done = await in_dm(stage, "Fertig")  # in the language of its member, not of the server
    assert done["id"] == card["id"]
    assert len(media_of(done)) == 2
    await nothing_in_the_server(stage)
    calls = (await stage.discord.get("/sandbox/ledger"))["calls"]
    assert [call for call in calls if call["status"] == 401] == []
    assert link in await stage.private_answer(await stage.command("history"))


async def test_who_takes_no_direct_messages_is_told_why_and_pays_nothing(stage: Stage) -> None:
    await stage.discord.post("/sandbox/guild", action="close_dms", who="alice")
    interaction = await stage.animate(picture(), options={"private": True})
    answer = await stage.private_answer(interaction)
    assert "does not let this bot write you" in answer
    assert "Nothing was counted" in answer
    await stage.settled()
    await nothing_in_the_server(stage)
    assert await stage.submits() == []
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))


async def test_whose_link_to_a_private_card_is_lost_is_not_told_that_nothing_counts(
    stage: Stage,
) -> None:
    """The job has begun by then: asked for once more, it would be a second one."""
    await stage.discord.post("/sandbox/faults", route="POST /webhooks/*", times=1, status="drop")
    answer = await stage.private_answer(await stage.animate(picture(), options={"private": True}))
    assert "on its way, for you alone" in answer
    await in_dm(stage, "Done")


async def test_a_private_card_that_is_lost_is_kept_and_not_shown_to_others(stage: Stage) -> None:
    """A DM that closes, and a card that is gone, leave the video to /history alone."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    await stage.animate(picture(300, 900), options={"private": True, "fit": "crop"})
    await in_dm(stage, "animates")
    await stage.until(stage.submits, "the API has it")
    await stage.discord.post("/sandbox/guild", action="close_dms", who="alice")
    await stage.discord.post(
        "/sandbox/faults", route="PATCH /channels/*", times=None, status=404, code=10008
    )
    await stage.complete()
    await stage.settled()
    await nothing_in_the_server(stage)
    assert "Kept" in await stage.private_answer(await stage.command("history"))


async def test_a_repaired_picture_is_offered_in_private_and_stays_private(stage: Stage) -> None:
    interaction = await stage.animate(picture(200, 300), options={"private": True})
    await stage.private_answer(interaction)
    (offer,) = (await stage.interaction(interaction))["ephemeral"]
    await stage.press(offer, "Enlarge")
    await in_dm(stage, "Done")
    await nothing_in_the_server(stage)


async def test_in_a_dm_private_changes_nothing(stage: Stage) -> None:
    dm = stage.world["channels"]["dm"]
    interaction = await stage.animate(picture(), channel=dm, options={"private": True})
    done = await in_dm(stage, "Done")
    assert (await stage.interaction(interaction))["messages"] == [done["id"]]


async def test_what_is_made_of_a_private_video_is_private_under_its_servers_rules(
    set_the_stage: SetTheStage,
) -> None:
    """Every button of a card in the DM works, though the bot serves one server and no DM."""
    allowed = {"ALLOWED_GUILDS": str(GUILD_ID), "QUOTA_PER_USER": "9", "MAX_LIVE_PER_USER": "9"}
    async with set_the_stage(**allowed) as stage:
        await stage.animate(picture(), prompt="a secret", options={"private": True})
        card = await in_dm(stage, "Done")
        await stage.settled()
        ask = await forms.private_message(stage, await stage.press(card, "Again"))
        assert "counts as one of your 9" in texts_of(ask)
        begun = await stage.press(ask, "Begin")
        assert "for you alone" in await stage.private_answer(begun)
        await stage.settled(2)
        for number, label in enumerate(("Edit prompt", "Continue"), 3):
            opener = await stage.press(card, label)
            await forms.send_off(stage, opener, values={"prompt": label})
            await stage.settled(number)
        made = forms.rows(stage, "SELECT private, guild_id, state, parent_id FROM jobs ORDER BY id")
        parent = forms.job_of(card)
        assert made == [(1, GUILD_ID, "delivered", None)] + [(1, GUILD_ID, "delivered", parent)] * 3
        dm = await stage.messages("alice", channel="dm")
        assert len([one for one in dm if media_of(one)]) == 4
        question = await forms.private_message(stage, await stage.press(card, "Delete"))
        await forms.delete_for_good(stage, question)
        dm = await stage.messages("alice", channel="dm")
        assert card["id"] not in [one["id"] for one in dm]
        await nothing_in_the_server(stage)

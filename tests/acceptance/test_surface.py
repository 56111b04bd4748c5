"""Whatever happens to the card, the video reaches its member or is kept, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import Stage, media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json

SetTheStage = Any


async def rendering(stage: Stage, **more: Any) -> str:
    """Start a job and return its interaction once the API renders it, until `Stage.complete`."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.1], render_s=[60, 60])
    interaction = await stage.animate(picture(), **more)

    async def renders() -> bool:
        return any(submit["status"] == "in_progress" for submit in await stage.submits())

    await stage.until(renders, "the API renders")
    return interaction


async def videos_in(stage: Stage, channel: str, who: str = "alice") -> list[Json]:
    """Return the messages of a channel that show a video."""
    messages = await stage.messages(who, channel)
    return [m for m in messages if any(".mp4" in item["url"] for item in media_of(m))]


async def delivered_once(stage: Stage, channel: str, who: str = "alice") -> Json:
    """Have the API finish, wait for the video in a channel, and show that it is there once."""
    await stage.complete()

    async def there() -> list[Json]:
        return await videos_in(stage, channel, who)

    await stage.until(there, "the video arrives")
    await stage.settled()
    (message,) = await there()
    return message


async def invalid_requests(stage: Stage) -> int:
    """Return how many of the bot's requests Discord would count towards a ban."""
    return (await stage.discord.get("/sandbox/world"))["invalid_requests"]


async def test_a_deleted_card_is_not_edited_again_and_the_video_is_posted_anew(
    stage: Stage,
) -> None:
    interaction = await rendering(stage)
    (card_id,) = (await stage.interaction(interaction))["messages"]
    await stage.discord.delete(f"/sandbox/messages/{card_id}", **{"as": "mod"})
    message = await delivered_once(stage, stage.channel)
    assert message["id"] != card_id
    assert "Done" in texts_of(message)
    assert await invalid_requests(stage) <= 2
    assert await history_leads_to(stage, message["id"])


async def history_leads_to(stage: Stage, message_id: str) -> bool:
    """Tell whether alice's /history has a link to a message."""
    asked = await stage.command("history")
    await stage.private_answer(asked)
    (page,) = (await stage.interaction(asked))["ephemeral"]
    return f"/{message_id})" in texts_of(page)


async def test_a_deleted_channel_sends_the_video_by_dm(stage: Stage) -> None:
    await stage.discord.post("/sandbox/guild", action="locale", locale="fr")
    await rendering(stage)
    await stage.discord.post(f"/sandbox/channels/{stage.channel}", action="delete")
    message = await delivered_once(stage, stage.world["channels"]["dm"])
    assert "✅ Done" in texts_of(message), "it is the member's alone there, so it speaks to them"
    assert await invalid_requests(stage) <= 2


async def test_with_nowhere_left_the_video_is_kept_for_history(stage: Stage) -> None:
    await rendering(stage)
    await stage.discord.post("/sandbox/guild", action="close_dms")
    await stage.discord.post(f"/sandbox/channels/{stage.channel}", action="delete")
    await stage.complete()
    await stage.settled()
    assert "state=kept" in stage.bot.log
    assert list((stage.bot.folder / "videos").glob("*.mp4"))
    assert await invalid_requests(stage) <= 2


async def test_a_channel_hidden_from_the_bot_is_served_by_the_token(stage: Stage) -> None:
    hidden = stage.world["channels"]["hidden"]
    interaction = await stage.animate(picture(), channel=hidden)
    await stage.card(interaction, "Done", channel=hidden)
    assert await invalid_requests(stage) == 0


@pytest.mark.parametrize("place", ["text", "thread", "hidden"])
async def test_nobody_is_promised_a_mention_where_the_bot_may_not_write(
    stage: Stage, place: str
) -> None:
    """Its card is drawn by the command's own answer, which asks for no permission."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    channel = stage.world["channels"][place]
    if place != "hidden":
        deny = ["SEND_MESSAGES" if place == "text" else "SEND_MESSAGES_IN_THREADS"]
        await stage.discord.post(
            "/sandbox/permissions", who="bot", channel=stage.channel, deny=deny
        )
    interaction = await stage.animate(picture(), channel=channel)
    card = await stage.card(interaction, "In the queue", channel=channel)
    told = await stage.private_answer(await stage.press(card, "Tell me"))
    assert "cannot mention you" in told


async def test_lost_files_permission_sends_the_video_elsewhere(stage: Stage) -> None:
    await rendering(stage)
    await stage.discord.post("/sandbox/settings", token_lifetime_s=0)
    await stage.discord.post(
        "/sandbox/permissions",
        who="bot",
        channel=stage.channel,
        allow=[],
        deny=["ATTACH_FILES"],
    )
    await delivered_once(stage, stage.world["channels"]["dm"])


async def test_automod_gets_the_card_without_the_words_it_objects_to(stage: Stage) -> None:
    await stage.discord.post("/sandbox/guild", action="automod", words=["forbidden"])
    interaction = await stage.animate(picture(), prompt="a forbidden dance")
    card = await stage.card(interaction, "Done")
    assert "forbidden" not in texts_of(card)


@pytest.mark.parametrize("status", [500, 503, "drop"])
async def test_a_stumbling_discord_gets_the_video_once(stage: Stage, status: int | str) -> None:
    await rendering(stage)
    await stage.discord.post(
        "/sandbox/faults", route="PATCH /*", times=2, status=status, after_accept=True
    )
    message = await delivered_once(stage, stage.channel)
    assert len(media_of(message)) == 2

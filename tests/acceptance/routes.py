"""Every route of Discord that the bot uses, and what has it used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.pictures import picture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.acceptance.playground import Json, Stage

    Tour = Callable[[Stage], Awaitable[object]]


async def a_video(stage: Stage) -> str:
    """Have a video made, from the command to the end; return the interaction."""
    return await stage.animate(picture())


async def a_lost_acknowledgement(stage: Stage) -> None:
    """Have Discord take an acknowledgement and say nothing, so that the bot has to look."""
    route = "POST /interactions/*/callback"
    await stage.discord.post("/sandbox/faults", route=route, status="drop", after_accept=True)
    await stage.animate(picture())


async def a_deleted_card(stage: Stage) -> None:
    """Have a card deleted while its job waits, so that the video is posted anew."""
    card = await _waiting(stage)
    await stage.discord.delete(f"/sandbox/messages/{card['id']}", **{"as": "mod"})
    await _finish(stage)


async def a_deleted_channel(stage: Stage) -> None:
    """Have a channel deleted while its job waits, so that the video goes into a DM.

    The bot has begun anew, since it remembers the DMs that it opened.
    """
    stage.bot.stop()
    stage.bot.start()
    await stage.bot_is_ready()
    channel = (await stage.discord.post("/sandbox/channels", name="doomed"))["channel"]
    await _waiting(stage, channel)
    await stage.discord.post(f"/sandbox/channels/{channel}", action="delete")
    await _finish(stage)


async def an_archived_thread(stage: Stage) -> None:
    """Have a thread archived while the card of its job is being drawn, so that it is opened again.

    The drawing fails a little later, and is tried once more by then.
    """
    await stage.discord.post("/sandbox/faults", route="PATCH /webhooks/*", status=503, delay_s=5)
    thread = stage.world["channels"]["thread"]
    await stage.animate(picture(), channel=thread)

    async def is_being_drawn() -> bool:
        faults = (await stage.discord.get("/sandbox/faults"))["faults"]
        return not any(fault["route"].startswith("PATCH /webhooks") for fault in faults)

    await stage.until(is_being_drawn, "the card is being drawn")
    await stage.discord.post(f"/sandbox/channels/{thread}", action="archive")


async def a_full_history(stage: Stage) -> None:
    """Have more videos made than a page of the history shows, and turn the page."""
    for _ in range(6 - len(await stage.submits())):
        await stage.animate(picture())
    await stage.accepted(6)
    page = await _private(stage, await stage.command("history"))
    if page is not None:
        await stage.press(page, "Older")


async def a_deletion(stage: Stage) -> None:
    """Have the card of a cancelled job deleted by its member."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    interaction = await stage.animate(picture())
    await stage.press(await stage.card_at_the_api(interaction), "Cancel")
    card = await stage.card(interaction, "Cancelled")
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.2])
    question = await _private(stage, await stage.press(card, "Delete"))
    if question is not None:
        await stage.press(question, "Delete for good")


async def a_refusal(stage: Stage) -> None:
    """Send what is no picture, which is known only after the public answer has begun."""
    await stage.animate(b"no picture at all")


async def a_missed_cross(stage: Stage) -> None:
    """Have a moderator's ❌ set while the bot has no session."""
    card = await _waiting(stage)
    await stage.react(card, "bob")
    await stage.discord.post("/sandbox/gateway", down=True)
    await stage.discord.post("/sandbox/gateway", action="invalidate")
    await stage.until(lambda: _is_connected(stage, connected=False), "the session is lost")
    await stage.react(card, "mod")
    await stage.discord.post("/sandbox/gateway", down=False)
    back = "a new session, which discord.py begins later after each that was lost"
    await stage.until(lambda: _is_connected(stage, connected=True), back, within=90)


START = "start"
ROUTES: dict[str, Tour | str] = {
    "GET /users/@me": START,
    "GET /oauth2/applications/@me": START,
    "GET /gateway/bot": START,
    "GET /applications/{application_id}/commands": START,
    "PUT /applications/{application_id}/commands": START,
    "POST /interactions/{interaction_id}/{interaction_token}/callback": a_video,
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": a_video,
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": a_video,
    "DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": a_video,
    "PATCH /channels/{channel_id}/messages/{message_id}": a_video,
    "PATCH /channels/{channel_id}": an_archived_thread,
    "POST /channels/{channel_id}/messages": a_deleted_card,
    "POST /users/@me/channels": a_deleted_channel,
    "POST /webhooks/{webhook_id}/{webhook_token}": a_refusal,
    "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original": a_refusal,
    "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": a_deletion,
    "DELETE /channels/{channel_id}/messages/{message_id}": a_deletion,
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original": a_full_history,
    "GET /webhooks/{webhook_id}/{webhook_token}/messages/@original": a_lost_acknowledgement,
    "GET /channels/{channel_id}/messages/{message_id}": a_missed_cross,
    "GET /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}": a_missed_cross,
    "GET /guilds/{guild_id}/members/{user_id}": a_missed_cross,
}
"""A route that is missing here fails every test that has it used: add it with a tour."""
BY_OLD_TOKEN = {
    "PATCH /channels/{channel_id}/messages/{message_id}",
    "DELETE /channels/{channel_id}/messages/{message_id}",
}
"""Routes that are used only when the interaction's token is too old."""


async def _waiting(stage: Stage, channel: str | None = None) -> Json:
    """Begin a job that stays in the queue; return its card."""
    await stage.runcomfy.post("/sandbox/settings", queue_s=[600, 600])
    before = len(await stage.submits())
    interaction = await stage.animate(picture(), channel=channel)

    async def sent() -> bool:
        return len(await stage.submits()) > before

    await stage.until(sent, "the job is at the API")
    (card_id,) = (await stage.interaction(interaction))["messages"]
    await stage.runcomfy.post("/sandbox/settings", queue_s=[0.1, 0.2])
    return {"id": card_id}


async def _finish(stage: Stage) -> None:
    for submit in await stage.submits():
        if submit["status"] == "in_queue":
            path = f"/sandbox/requests/{submit['request_id']}"
            await stage.runcomfy.post(path, status="completed")


async def _private(stage: Stage, interaction: str) -> Json | None:
    """Return the private answer; None where a fault has swallowed it."""
    try:
        await stage.private_answer(interaction)
    except AssertionError:
        return None
    return (await stage.interaction(interaction))["ephemeral"][0]


async def _is_connected(stage: Stage, *, connected: bool) -> bool:
    return (await stage.discord.get("/sandbox/world"))["connected"] is connected

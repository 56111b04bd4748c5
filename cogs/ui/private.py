"""A card for its member alone: in their DM with the bot, the one private place that lasts.

An ephemeral answer can be edited only for as long as its token lives, fifteen minutes; a message in
the DM for ever, by the bot's own token.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

import discord

from cogs.ui.errors import answer
from cogs.ui.language import private_language
from hailuo.jobs.job import CardAddress, ChannelId, job_id_of
from hailuo.jobs.presenter import CardGoneError
from hailuo.wording import N_

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cogs.ui.client import Interaction
    from hailuo.jobs.job import Request
    from hailuo.jobs.offers import Offer

DRAWN_WITHIN: Final = timedelta(seconds=60)
"""How long a member waits for the link to their card; the card comes in any case."""
MAY_IN_DM: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    attach_files=True,
    embed_links=True,
    add_reactions=True,
    read_message_history=True,
)


class DmClosedError(CardGoneError):
    """Discord lets the bot write no direct message to the member."""

    sentence: ClassVar[str] = N_(
        "A private video comes as a direct message, and Discord does not let this bot write you "
        "one. Nothing was counted; allow direct messages from members of this server in its "
        "privacy settings and try again in ten minutes, or leave out `private`."
    )


async def begin_privately(
    interaction: Interaction,
    request: Request,
    begin: Callable[[Request], Awaitable[Offer | None]],
) -> Offer | None:
    """Begin a job whose card stands in its member's DM, and tell them where.

    The interaction's answer is deferred, for the member alone. Returns the offer that came in the
    job's stead. Raises `DmClosedError`, and nothing is counted then.
    """
    try:
        channel = await interaction.client.create_dm(discord.Object(interaction.user.id))
    except discord.Forbidden as error:
        raise DmClosedError(str(error)) from error
    placing = interaction.client.presenter.placing
    with placing.awaited(job_id_of(request.interaction_id)) as place:
        offer = await begin(_in_dm(request, ChannelId(channel.id)))
        if offer is not None:
            return offer
        url = await placing.placed(place, DRAWN_WITHIN)
    say = private_language(interaction)
    if url is None:
        text = say("Your video comes as a direct message, for you alone.")
    else:
        text = say("Your video is on its way, for you alone: {link}", link=url)
    # Where this cannot be said, nothing has failed: the job runs, and the DM tells of it.
    await answer(interaction, text)
    return None


def _in_dm(request: Request, channel_id: ChannelId) -> Request:
    """Return a request whose card is yet to be posted in a DM; its limits stay the server's.

    The interaction's token is left out: it reaches the answer in the server alone.
    """
    card = CardAddress(
        message_id=None,
        token="",
        token_expires_at=request.card.token_expires_at,
        upload_limit=0,
        app_permissions=MAY_IN_DM.value,
        memory=request.card.memory,
    )
    return replace(request, private=True, channel_id=channel_id, card=card)

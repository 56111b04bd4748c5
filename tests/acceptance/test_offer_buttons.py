"""A picture of the wrong size is offered repaired, privately, before anything is spent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.acceptance.forms import private_message
from tests.acceptance.pictures import picture
from tests.acceptance.playground import components, media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage


async def offer_for(stage: Stage, given: bytes, prompt: str = "waves") -> Json:
    """Send a picture and return the private offer."""
    interaction = await stage.animate(given, prompt=prompt)
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][0]


def labels(message: Json) -> list[str]:
    """Return what a message's buttons say."""
    return [item["label"] for item in components(message) if item["type"] == 2]


async def sent_picture(stage: Stage) -> Image.Image:
    """Return the picture that the API was given."""
    (submit,) = await stage.submits()
    return Image.open(io.BytesIO(await stage.download(submit["input"]["image_url"])))


@pytest.mark.parametrize(
    ("size", "choices"),
    [
        ((256, 256), ["Enlarge", "Keep out"]),
        ((1600, 400), ["Crop", "Pad", "Keep out"]),
        ((400, 1000), ["Crop", "Pad", "Keep out"]),
    ],
)
async def test_each_repair_is_shown_and_can_be_taken(
    stage: Stage, size: tuple[int, int], choices: list[str]
) -> None:
    for choice in choices[:-1]:
        offer = await offer_for(stage, picture(*size), prompt=f"by {choice}")
        assert labels(offer) == choices
        assert len(media_of(offer)) == len(choices) - 1
        assert "Nothing was counted" in texts_of(offer)
        assert not [m for m in await stage.messages() if f"by {choice}" in texts_of(m)]
        taken = await stage.press(offer, choice)
        card = await stage.card(taken, "Done")
        assert f"by {choice}" in texts_of(card)
    for submit in await stage.submits():
        image = Image.open(io.BytesIO(await stage.download(submit["input"]["image_url"])))
        assert min(image.size) > 300
        assert max(image.size) < 2.5 * min(image.size)


async def test_an_offer_is_taken_once(stage: Stage) -> None:
    offer = await offer_for(stage, picture(1600, 400))
    await stage.card(await stage.press(offer, "Crop"), "Done")
    again = await stage.private_answer(await stage.press(offer, "Pad"))
    assert "no longer open" in again
    assert len(await stage.submits()) == 1


async def test_keeping_out_forgets_the_picture(stage: Stage) -> None:
    offer = await offer_for(stage, picture(1600, 400))
    await stage.press(offer, "Keep out")

    async def forgotten() -> bool:
        return not list((stage.bot.folder / "offers").iterdir())

    await stage.until(forgotten, "the pictures are forgotten")
    (left,) = await stage.messages("alice")
    assert "Nothing was counted" in texts_of(left)
    assert labels(left) == []


async def test_fit_chooses_in_advance(stage: Stage) -> None:
    interaction = await stage.animate(picture(1600, 400), options={"fit": "crop"})
    await stage.card(interaction, "Done")
    image = await sent_picture(stage)
    assert image.size == (999, 400)


async def test_what_no_repair_can_reach_is_refused(stage: Stage) -> None:
    answer = await stage.private_answer(await stage.animate(picture(3000, 40)))
    assert "Nothing was counted" in answer
    assert await stage.submits() == []


async def test_an_offer_outlives_a_restart(stage: Stage) -> None:
    offer = await offer_for(stage, picture(1600, 400))
    stage.bot.kill()
    before = len(stage.bot.log)
    stage.bot.start()

    async def is_back() -> bool:
        world = await stage.discord.get("/sandbox/world")
        return "worker started" in stage.bot.log[before:] and world["connected"]

    await stage.until(is_back, "the bot is back")
    await stage.card(await stage.press(offer, "Crop"), "Done")


async def test_nobody_can_take_or_refuse_what_another_was_asked(stage: Stage) -> None:
    """An id in a button that others can press, as only the bot could post it, opens nothing."""
    card = await stage.card(await stage.animate(picture(), prompt="mine"), "Done")
    await stage.settled()
    again = await private_message(stage, await stage.press(card, "Again"))
    offer = await offer_for(stage, picture(1600, 400))
    ids = [
        item["custom_id"] for one in (again, offer) for item in components(one) if "label" in item
    ]
    assert [custom_id.partition(":")[0] for custom_id in ids] == [
        "begin",
        "take",
        "take",
        "keep-out",
    ]
    forged = await stage.post_as_bot(*ids)
    for custom_id in ids[:3]:
        told = await stage.private_answer(await stage.press_id(forged, custom_id, who="bob"))
        assert "no longer open" in told
    await stage.press_id(forged, ids[3], who="bob")
    await stage.card(await stage.press(offer, "Crop"), "Done")
    await stage.card(await stage.press(again, "Begin"), "Done")
    assert len(await stage.submits()) == 3

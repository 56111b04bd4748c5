"""The menu command that animates whatever a message shows, if its member lets others."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests.acceptance import forms
from tests.acceptance.forms import IDS, form_of, post, send_off, use_menu
from tests.acceptance.pictures import difference, picture
from tests.acceptance.playground import media_of, texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Json, Stage

SetTheStage = Any

RED, BLUE = (200, 0, 0), (0, 0, 200)


def gif(*colours: tuple[int, int, int]) -> bytes:
    """Return a GIF that shows one colour after the other."""
    buffer = io.BytesIO()
    first, *others = [Image.new("RGB", (400, 320), colour) for colour in colours]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=500)
    return buffer.getvalue()


def options(form: Json) -> list[str]:
    """Return the pictures that a form offers."""
    fields = [item["component"] for item in form["components"] if item["type"] == 18]
    return [one["label"] for field in fields for one in field.get("options", ())]


async def test_whatever_a_message_shows_is_animated(set_the_stage: SetTheStage) -> None:
    """Begins a video of each kind of picture; what is no picture is not offered."""
    async with set_the_stage(QUOTA_PER_USER="50", MAX_LIVE_PER_USER="20") as stage:
        link = {"type": "rich", "title": "a page", "url": "https://example.com"}
        preview = {**link, "thumbnail": {"url": "https://example.com/a.png", "file": "a.png"}}
        messages = {
            "png": await post(stage, files={"a.png": picture()}),
            "gif": await post(stage, files={"a.gif": gif(RED, BLUE)}),
            "mp4": await post(stage, files={"a.mp4": forms.video_of(RED, BLUE)}),
            "preview": await post(
                stage, content="https://example.com", files={"a.png": picture()}, embeds=[preview]
            ),
        }
        begun: dict[str, str] = {}
        for prompt, message in messages.items():
            opener = await use_menu(stage, message, "bob")
            form = await form_of(stage, opener)
            assert (options(form), form["title"]) == ([], "Animate this")
            assert "counts as one of your 50" in texts_of(form)
            begun[prompt] = await send_off(stage, opener, "bob", values={"prompt": prompt})
        several = await post(
            stage,
            files={
                "one.png": picture(),
                "notes.txt": b"not a picture",
                "two.mp4": forms.video_of(BLUE, RED),
                "tiny.png": picture(40, 4000),
            },
        )
        opener = await use_menu(stage, several, "bob")
        assert options(await form_of(stage, opener)) == ["1. one.png", "2. two.mp4"]
        chosen = {"prompt": "several", "picture": ["1"]}
        begun["several"] = await send_off(stage, opener, "bob", values=chosen)

        cards = {prompt: await stage.card(one, "Done") for prompt, one in begun.items()}
        expected = {"png": picture(), "gif": gif(RED), "mp4": gif(BLUE), "preview": picture()}
        for prompt, shown in {**expected, "several": gif(RED)}.items():
            assert difference(await forms.sent(stage, prompt), shown) < 6, prompt
        guild, channel = stage.world["guild"], stage.channel
        place = f"https://discord.com/channels/{guild}/{channel}/{messages['png']}"
        assert f"with a picture from [this message]({place})" in texts_of(cards["png"])
        assert forms.rows(stage, "SELECT DISTINCT user_id, picture_of FROM jobs") == [
            (IDS["bob"], IDS["alice"])
        ]
        await own_cards(stage, cards["mp4"])


async def own_cards(stage: Stage, card: Json) -> None:
    """Offer a card's picture and the last frame of its video; its picture stays its member's."""
    opener = await use_menu(stage, card["id"], "mod")
    form = await form_of(stage, opener)
    video = f"hailuo-{forms.job_of(card)}.mp4"
    assert [label[3:].partition(".")[0] for label in options(form)] == [
        "picture",
        video.partition(".")[0],
    ]
    chosen = {"prompt": "on from a card", "picture": ["1"]}
    begun = await send_off(stage, opener, "mod", values=chosen)
    texts = texts_of(await stage.card(begun, "Done"))
    assert "continues [this video]" in texts
    end = forms.last_frame(await stage.download(media_of(card)[1]["url"]))
    assert difference(await forms.sent(stage, "on from a card"), end) < 3
    ((parent, owner),) = forms.rows(
        stage, "SELECT parent_id, picture_of FROM jobs WHERE prompt = 'on from a card'"
    )
    assert (parent, owner) == (forms.job_of(card), IDS["alice"])


async def test_what_cannot_be_animated_is_privately_said(stage: Stage) -> None:
    nothing = await post(stage, content="good morning")
    told = await stage.private_answer(await use_menu(stage, nothing))
    assert "no picture on this message" in told
    assert "Nothing was counted" in told
    too_long = await post(stage, files={"a.png": picture(4000, 30)})
    assert "4000 × 30" in await stage.private_answer(await use_menu(stage, too_long))
    lying = {"a.mp4": b"\0" * 2000, "b.png": b"not a picture"}
    for name, data in lying.items():
        opener = await use_menu(stage, await post(stage, files={name: data}))
        told = await stage.private_answer(await send_off(stage, opener, values={"prompt": "x"}))
        assert "Nothing was counted" in told
    # One that can be repaired is offered so, and remembers whose it is.
    opener = await use_menu(stage, await post(stage, files={"a.png": picture(1600, 400)}), "bob")
    submission = await send_off(stage, opener, "bob", values={"prompt": "repaired"})
    offer = await forms.private_message(stage, submission)
    assert "with a picture from" in texts_of(
        await stage.card(await stage.press(offer, "Crop", "bob"), "Done")
    )
    assert forms.rows(stage, "SELECT user_id, picture_of FROM jobs") == [(IDS["bob"], IDS["alice"])]
    # No other host than Discord's own is asked, whatever a preview says.
    outside = {"type": "link", "image": {"url": "https://example.com/a.png"}}
    message = await post(stage, content="https://example.com", embeds=[outside])
    assert "no picture" in await stage.private_answer(await use_menu(stage, message))


async def test_pictures_of_who_keeps_them_are_left_alone(stage: Stage) -> None:
    message = await post(stage, files={"a.png": picture()})
    early = await use_menu(stage, message, "bob")
    await form_of(stage, early)
    forms.keep_to_oneself(stage, "alice")
    for refused in (
        await use_menu(stage, message, "bob"),
        await send_off(stage, early, "bob", values={"prompt": "x"}),
    ):
        told = await stage.private_answer(refused)
        assert "would rather not have others animate it" in told
        assert "Nothing was counted" in told
    opener = await use_menu(stage, message, "alice")
    await stage.card(await send_off(stage, opener, values={"prompt": "my own"}), "Done")
    assert forms.rows(stage, "SELECT user_id, picture_of FROM jobs") == [(IDS["alice"], None)]

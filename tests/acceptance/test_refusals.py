"""What cannot be animated is refused privately, with the rule, what was found, and what to do."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.acceptance.pictures import picture
from tests.acceptance.playground import texts_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage

SIDES = "width and height must both exceed 300 pixels"
RATIO = "aspect ratio range should be 2:5 to 5:2"


async def assert_refused_in_private(stage: Stage, interaction: str, *says: str) -> None:
    """Show that the member alone is told, that nothing was sent, and that nothing counts."""
    answer = await stage.private_answer(interaction)
    for words in says:
        assert words in answer
    assert "Nothing was counted" in answer
    for bystander in ("bob", "mod"):
        assert await stage.messages(bystander) == []
    assert await stage.submits() == []
    assert "5 of 5" in await stage.private_answer(await stage.command("quota"))
    assert list((stage.bot.folder / "pictures").iterdir()) == []
    assert list((stage.bot.folder / "incoming").iterdir()) == []


async def test_sizes_on_the_rules_edge_are_refused(stage: Stage) -> None:
    """300 pixels and a ratio of exactly 0.4 or 2.5 break the rules, which are strict."""
    for width, height, rule in (
        (300, 400, SIDES),
        (400, 300, SIDES),
        (400, 1000, RATIO),
        (1000, 400, RATIO),
    ):
        interaction = await stage.animate(picture(width, height))
        await assert_refused_in_private(stage, interaction, rule, f"{width} × {height}")


async def test_sizes_just_inside_the_rules_are_taken(set_the_stage: Any) -> None:
    async with set_the_stage(MAX_LIVE_PER_USER="3") as stage:
        sizes = ((301, 301), (401, 1000), (1000, 401))
        for size in sizes:
            await stage.animate(picture(*size))

        async def taken() -> bool:
            return len(await stage.submits()) == len(sizes)

        await stage.until(taken, "the API has taken all three")


async def test_a_text_file_named_png_is_refused_after_a_look_at_its_bytes(stage: Stage) -> None:
    """Discord believes the name; the refusal comes after the defer and is private all the same."""
    interaction = await stage.animate(b"not a picture at all\n" * 50)
    await assert_refused_in_private(stage, interaction, "pictures only")
    assert (await stage.interaction(interaction))["type"] == 5


async def test_a_truncated_png_is_refused(stage: Stage) -> None:
    whole = picture()
    interaction = await stage.animate(whole[: len(whole) * 2 // 3])
    await assert_refused_in_private(stage, interaction, "cut off")


async def test_a_file_that_is_too_large_is_refused_by_its_metadata(stage: Stage) -> None:
    await stage.discord.post("/sandbox/settings", attachment_limit=100 * 1024 * 1024)
    interaction = await stage.animate(picture() + bytes(50_000_001))
    await assert_refused_in_private(stage, interaction, "50 MB at most")
    assert (await stage.interaction(interaction))["type"] == 4


async def test_a_file_that_names_itself_a_video_is_refused_by_its_metadata(stage: Stage) -> None:
    interaction = await stage.animate(picture(), name="clip.mp4")
    await assert_refused_in_private(stage, interaction, "video/mp4")


async def test_a_blank_prompt_is_refused(stage: Stage) -> None:
    interaction = await stage.animate(picture(), prompt="   ", unchecked=True)
    await assert_refused_in_private(stage, interaction, "1 to 1995 characters")


async def test_a_rotated_photo_is_judged_as_its_viewer_sees_it(stage: Stage) -> None:
    """The turn is applied before the rules are checked and before the API sees the picture."""
    image = Image.open(io.BytesIO(picture(900, 400, "JPEG")))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    await stage.animate(buffer.getvalue(), name="photo.jpg")
    (submit,) = await stage.until(stage.submits, "the API has the picture")
    sent = Image.open(io.BytesIO(await stage.download(submit["input"]["image_url"])))
    assert sent.size == (400, 900)
    assert not sent.getexif()


@pytest.mark.parametrize("allowed", [True, False])
async def test_only_allowed_servers_may_use_the_bot(set_the_stage: Any, allowed: bool) -> None:
    guild = "1100000000000000001" if allowed else "1"
    async with set_the_stage(ALLOWED_GUILDS=guild) as stage:
        interaction = await stage.animate(picture())
        if allowed:
            await stage.accepted()
        else:
            assert "serves certain servers only" in await stage.private_answer(interaction)
            assert await stage.submits() == []


async def test_a_refused_member_sees_no_leftover_of_the_public_answer(stage: Stage) -> None:
    interaction = await stage.animate(b"junk" * 100)
    await stage.private_answer(interaction)
    mine = await stage.messages("alice")
    assert [message["flags"] & 64 for message in mine] == [64]
    assert "⚠️" in texts_of(mine[0])


@pytest.mark.parametrize(("image", "says"), [(b"junk" * 100, "pictures only"), (None, "Crop")])
async def test_a_private_word_comes_where_the_public_answer_is_gone_already(
    stage: Stage, image: bytes | None, says: str
) -> None:
    """Whoever may manage messages may delete it while the picture is looked at."""
    await stage.discord.post(
        "/sandbox/faults",
        route="DELETE /webhooks/*",
        times=1,
        status=404,
        code=10008,
        after_accept=True,
    )
    await stage.private_answer(await stage.animate(image or picture(1600, 400)))
    (told,) = await stage.messages("alice")
    assert says in json.dumps(told)


async def test_an_offer_that_cannot_be_shown_is_said_to_be_none(stage: Stage) -> None:
    """The public answer is gone by then, and the member would be left without a word."""
    await stage.discord.post("/sandbox/faults", route="POST /webhooks/*", times=1, status=400)
    answer = await stage.private_answer(await stage.animate(picture(1600, 400)))
    assert "Something went wrong" in answer
    assert await stage.messages() == []

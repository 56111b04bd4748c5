"""Real-life pictures become videos, the repaired ones after a look at the preview."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pillow_heif
import pytest
from PIL import Image

from tests.acceptance.pictures import picture
from tests.acceptance.playground import PATIENCE_S, components

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.playground import Json, Stage


def _drawn(width: int, height: int) -> Image.Image:
    return Image.open(io.BytesIO(picture(width, height)))


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def phone_photo() -> bytes:
    """Return 12 megapixels in HEIC, lying on its side with an EXIF turn."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = pillow_heif.from_pillow(_drawn(4032, 3024))
    buffer = io.BytesIO()
    photo.save(buffer, quality=40, exif=exif.tobytes())
    return buffer.getvalue()


def transparent_png() -> bytes:
    image = _drawn(512, 512).convert("RGBA")
    image.putalpha(Image.radial_gradient("L").resize((512, 512)))
    return _saved(image, "PNG")


def animated_gif() -> bytes:
    frames = [_drawn(400, 400), _drawn(400, 400).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200)


@pytest.mark.parametrize(
    ("make", "name", "press"),
    [
        (phone_photo, "IMG_0001.HEIC", None),
        (lambda: picture(2000, 400, "JPEG"), "panorama.jpg", "Pad"),
        (lambda: picture(256, 256, "WEBP"), "avatar.webp", "Enlarge"),
        (transparent_png, "logo.png", None),
        (animated_gif, "wave.gif", None),
        (lambda: picture(1920, 1080), "Screenshot 2026-01-01 at 12.00.00.png", None),
    ],
    ids=["phone photo", "panorama", "avatar", "transparent", "animated", "screenshot"],
)
async def test_a_real_life_picture_becomes_a_video(
    stage: Stage, make: Callable[[], bytes], name: str, press: str | None
) -> None:
    interaction = await stage.animate(make(), name=name)
    if press is not None:
        await stage.private_answer(interaction)
        offer: Json = (await stage.interaction(interaction))["ephemeral"][0]
        assert [item for item in components(offer) if item.get("label") == press]
        interaction = await stage.press(offer, press)
    await stage.card(interaction, "Done", within=4 * PATIENCE_S)
    (submit,) = await stage.submits()
    sent = Image.open(io.BytesIO(await stage.download(submit["input"]["image_url"])))
    assert sent.mode == "RGB"
    assert not sent.getexif()
    assert min(sent.size) > 300
    assert max(sent.size) < 2.5 * min(sent.size)

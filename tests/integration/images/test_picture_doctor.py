"""What the doctor makes of sound pictures, through its real children."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from hailuo.images.formats import PictureFormat
from hailuo.images.picture import Size
from tests.integration.images.gallery import (
    BLUE,
    CORNERS,
    FORMATS,
    GREEN,
    OUR_NAMES,
    RED,
    SIZE,
    assert_is_scene,
    close,
    colour_at,
    corner_colours,
    encoded,
    saved,
    scene,
    swapped_profile,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.images.doctor import PictureDoctor

pytestmark = pytest.mark.asyncio(loop_scope="module")

TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
CANARY = b"CANARY-52.5200N-13.4050E"


async def cleaned(doctor: PictureDoctor, source: Path) -> Image.Image:
    """Return the clean picture, held to everything that is true of each of them."""
    target = source.with_name("clean")
    picture = await doctor.clean(source, target)
    assert picture.path == target
    assert picture.bytes == target.stat().st_size
    assert not target.with_name("clean.part").exists()
    with Image.open(target) as opened:
        opened.load()
        assert opened.format == picture.format.value
        assert opened.mode == "RGB"
        assert opened.size == (picture.width, picture.height)
        assert max(opened.size) <= 2048
        assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        return opened.copy()


@pytest.mark.parametrize("name", FORMATS)
async def test_every_format_is_read_whatever_the_file_is_called(
    doctor: PictureDoctor, tmp_path: Path, name: str
) -> None:
    source = saved(tmp_path / "picture.txt", scene(), name)
    assert_is_scene(await cleaned(doctor, source))
    original = await doctor.inspect(source)
    assert original.format.value == OUR_NAMES.get(name, name)
    assert original.size == Size(*SIZE)
    assert original.bytes == source.stat().st_size
    assert not original.animated
    assert not original.transparent


@pytest.mark.parametrize("name", ["PNG", "GIF", "BMP"])
async def test_drawings_stay_lossless(doctor: PictureDoctor, tmp_path: Path, name: str) -> None:
    picture = await doctor.clean(saved(tmp_path / "a", scene(), name), tmp_path / "clean")
    assert picture.format is PictureFormat.PNG
    with Image.open(picture.path) as opened:
        assert corner_colours(opened) == list(CORNERS)


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
async def test_the_exif_turn_is_applied(
    doctor: PictureDoctor, tmp_path: Path, name: str, turn: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    stored = scene().transpose(TURNED[turn])
    source = saved(tmp_path / "a", stored, name, exif=exif)
    assert (await doctor.inspect(source)).size == Size(*SIZE)
    picture = await cleaned(doctor, source)
    assert picture.size == SIZE
    assert_is_scene(picture)


async def test_a_large_turned_phone_photo_comes_out_upright_and_smaller(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    stored = scene((3024, 4032)).transpose(TURNED[6])
    picture = await cleaned(doctor, saved(tmp_path / "a", stored, "JPEG", exif=exif))
    assert picture.size == (1536, 2048)
    assert_is_scene(picture)


async def test_a_heic_is_turned_once(doctor: PictureDoctor, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    source = saved(tmp_path / "a", scene().transpose(TURNED[6]), "HEIF", exif=exif.tobytes())
    picture = await cleaned(doctor, source)
    assert picture.size == SIZE
    assert_is_scene(picture)


async def test_nothing_of_the_file_but_its_pixels_comes_out(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = CANARY.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = CANARY.decode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    text.add_itxt("XML:com.adobe.xmp", CANARY.decode(), zip=False)
    files = {
        "jpeg": encoded(scene(), "JPEG", exif=exif, comment=CANARY, xmp=CANARY),
        "png": encoded(scene(), "PNG", exif=exif, pnginfo=text),
        "webp": encoded(scene(), "WEBP", exif=exif, xmp=CANARY),
        "gif": encoded(scene(), "GIF", comment=CANARY),
        "heic": encoded(scene(), "HEIF", exif=exif.tobytes()),
    }
    for name, data in files.items():
        assert CANARY in data, name
        source = tmp_path / name
        source.write_bytes(data + CANARY)
        await cleaned(doctor, source)
        assert CANARY not in (tmp_path / "clean").read_bytes(), name


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
async def test_colours_are_converted_to_srgb(
    doctor: PictureDoctor, tmp_path: Path, name: str
) -> None:
    stored = Image.merge("RGB", scene().split()[::-1])
    source = saved(tmp_path / "a", stored, name, icc_profile=swapped_profile())
    assert_is_scene(await cleaned(doctor, source), tolerance=20)


async def test_a_damaged_colour_profile_is_left_aside(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    for profile in (b"garbage" * 50, swapped_profile()[:200], b"\0" * 128):
        source = saved(tmp_path / "a", scene(), "JPEG", icc_profile=profile)
        assert_is_scene(await cleaned(doctor, source))


async def test_cmyk_becomes_rgb(doctor: PictureDoctor, tmp_path: Path) -> None:
    source = saved(tmp_path / "a", scene().convert("CMYK"), "JPEG", quality=95)
    assert_is_scene(await cleaned(doctor, source), tolerance=20)


@pytest.mark.parametrize(
    ("ink", "background"), [((10, 10, 10), (255, 255, 255)), ((250, 250, 250), (24, 24, 27))]
)
async def test_transparency_is_laid_on_what_its_content_stands_out_from(
    doctor: PictureDoctor,
    tmp_path: Path,
    ink: tuple[int, int, int],
    background: tuple[int, int, int],
) -> None:
    logo = Image.new("RGBA", SIZE, (*RED, 0))
    logo.paste((*ink, 255), (200, 100, 400, 300))
    for name in ("PNG", "WEBP", "AVIF", "HEIF"):
        source = saved(tmp_path / "a", logo, name)
        picture = await cleaned(doctor, source)
        assert close(colour_at(picture, (300, 200)), ink, 6), name
        assert close(colour_at(picture, (20, 20)), background, 6), name
        assert (await doctor.inspect(source)).transparent


async def test_half_transparent_edges_keep_no_hidden_colour(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    """Scaling down must not bring back the colour behind transparent pixels."""
    sprite = Image.new("RGBA", (4000, 3000), (255, 0, 0, 0))
    sprite.paste((0, 0, 255, 255), (1001, 1001, 3001, 2001))
    picture = await cleaned(doctor, saved(tmp_path / "a", sprite, "PNG", compress_level=1))
    reds, _, blues = picture.split()
    inside = (600, 600, 1400, 900)
    assert reds.crop(inside).getextrema() == (0, 0)
    assert blues.getextrema() == (255, 255)


async def test_palettes_and_deep_greys(doctor: PictureDoctor, tmp_path: Path) -> None:
    grey = Image.linear_gradient("L").resize(SIZE)
    deep = Image.new("I;16", SIZE)
    deep.putdata([value * 257 for value in grey.get_flattened_data()])
    palette = scene().quantize(16)
    cut_out = palette.copy()
    cut_out.info["transparency"] = palette.getpixel((10, 10))
    sources = {
        "16 bit": (deep, {}, (128, 128, 128)),
        "1 bit": (Image.new("1", SIZE, 1), {}, (255, 255, 255)),
        "grey with alpha": (Image.new("LA", SIZE, (90, 255)), {}, (90, 90, 90)),
        "palette": (palette, {}, None),
        "palette with alpha": (cut_out, {"transparency": bytes([0] + [255] * 15)}, None),
    }
    for name, (picture, options, middle) in sources.items():
        out = await cleaned(doctor, saved(tmp_path / "a", picture, "PNG", **options))
        if middle is not None:
            assert close(colour_at(out, (320, 200)), middle, 3), name
        else:
            assert close(colour_at(out, (500, 100)), GREEN, 3), name


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "AVIF"])
async def test_of_an_animation_the_first_frame_is_taken(
    doctor: PictureDoctor, tmp_path: Path, name: str
) -> None:
    frames = [Image.new("RGB", SIZE, BLUE) for _ in range(3)]
    source = saved(tmp_path / "a", scene(), name, save_all=True, append_images=frames)
    assert_is_scene(await cleaned(doctor, source))
    assert (await doctor.inspect(source)).animated


async def test_of_a_multi_picture_jpeg_the_first_is_taken(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    second = Image.new("RGB", SIZE, BLUE)
    source = saved(tmp_path / "a", scene(), "MPO", save_all=True, append_images=[second])
    picture = await doctor.clean(source, tmp_path / "clean")
    assert picture.original.format is PictureFormat.JPEG
    assert_is_scene(Image.open(picture.path))


@pytest.mark.parametrize("size", [(5000, 2001), (2001, 5000), (8192, 3277), (2049, 820)])
async def test_a_size_just_inside_the_models_rules_stays_inside(
    doctor: PictureDoctor, tmp_path: Path, size: tuple[int, int]
) -> None:
    picture = await cleaned(doctor, saved(tmp_path / "a", Image.new("1", size), "PNG"))
    long, short = max(picture.size), min(picture.size)
    assert 2 * long < 5 * short


async def test_a_noisy_png_becomes_a_jpeg_that_can_be_attached(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    size = (1300, 1300)
    noise = Image.frombytes("RGB", size, Random(7).randbytes(size[0] * size[1] * 3))
    picture = await doctor.clean(
        saved(tmp_path / "a", noise, "PNG", compress_level=1), tmp_path / "clean"
    )
    assert picture.format is PictureFormat.JPEG
    assert picture.bytes <= 8_000_000


async def test_the_clean_picture_replaces_what_was_there(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    target = tmp_path / "clean"
    target.write_bytes(b"old")
    await doctor.clean(saved(tmp_path / "a", scene(), "PNG"), target)
    with Image.open(target) as opened:
        assert_is_scene(opened)

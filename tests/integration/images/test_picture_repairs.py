"""Repairs carried out, through real children."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image, ImageDraw

from hailuo.children.errors import TaskRaisedError
from hailuo.images.errors import PictureTruncatedError
from hailuo.images.picture import Size
from hailuo.images.repair import Repair, RepairKind
from hailuo.images.repairs import plan
from tests.integration.images.gallery import (
    BLUE,
    RED,
    assert_is_scene,
    close,
    colour_at,
    encoded,
    saved,
    scene,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hailuo.images.doctor import PictureDoctor

pytestmark = pytest.mark.asyncio(loop_scope="module")


def offer(kind: RepairKind, width: int, height: int) -> Repair:
    return next(repair for repair in plan(Size(width, height)) if repair.kind is kind)


async def repaired(doctor: PictureDoctor, source: Path, repair: Repair) -> Image.Image:
    picture = await doctor.repair(source, source.with_name("repaired"), repair)
    assert picture.size == repair.result
    assert picture.original.size == repair.source
    with Image.open(picture.path) as opened:
        opened.load()
        assert opened.mode == "RGB"
        assert opened.size == (repair.result.width, repair.result.height)
        return opened.copy()


async def test_an_avatar_is_enlarged(doctor: PictureDoctor, tmp_path: Path) -> None:
    source = saved(tmp_path / "a", scene((256, 256)), "PNG")
    assert_is_scene(await repaired(doctor, source, offer(RepairKind.ENLARGE, 256, 256)))


@pytest.mark.parametrize("size", [(5000, 1000), (1000, 5000)])
async def test_a_panorama_is_cropped_to_its_middle(
    doctor: PictureDoctor, tmp_path: Path, size: tuple[int, int]
) -> None:
    picture = await repaired(
        doctor, saved(tmp_path / "a", scene(size), "PNG"), offer(RepairKind.CROP, *size)
    )
    assert_is_scene(picture)


@pytest.mark.parametrize("size", [(5000, 1000), (1000, 5000), (1200, 240)])
async def test_a_panorama_is_padded_with_all_of_it_in_the_middle(
    doctor: PictureDoctor, tmp_path: Path, size: tuple[int, int]
) -> None:
    repair = offer(RepairKind.PAD, *size)
    picture = await repaired(doctor, saved(tmp_path / "a", scene(size), "PNG"), repair)
    scale = repair.enlargement if repair.enlargement > 1 else 2048 / max(size)
    width, height = round(size[0] * scale), round(size[1] * scale)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    assert_is_scene(picture.crop((left, top, left + width, top + height)))
    # The frame around it is of the picture's own colours, dimmed, and not black.
    assert close(colour_at(picture, (3, 3)), tuple(int(part * 0.8) for part in RED), 20)


@pytest.mark.parametrize("standing", [False, True])
async def test_a_crop_follows_the_detail(
    doctor: PictureDoctor, tmp_path: Path, standing: bool
) -> None:
    panorama = Image.new("RGB", (4000, 800), BLUE)
    draw = ImageDraw.Draw(panorama)
    for x in range(2900, 3700, 40):
        draw.rectangle((x, 100, x + 20, 700), fill=RED)
    if standing:
        panorama = panorama.transpose(Image.Transpose.TRANSPOSE)
    source = saved(tmp_path / "a", panorama, "PNG")
    repair = offer(RepairKind.CROP, *panorama.size)

    def reds(picture: Image.Image) -> int:
        return sum(picture.getchannel("R").histogram()[200:])

    scale = (repair.result.width / repair.frame.width) ** 2
    everything = reds(panorama) * scale
    assert reds(await repaired(doctor, source, repair)) > 0.9 * everything


@pytest.mark.parametrize("size", [(3001, 600), (1200, 240)])
async def test_without_any_detail_the_middle_is_kept(
    doctor: PictureDoctor, tmp_path: Path, size: tuple[int, int]
) -> None:
    source = saved(tmp_path / "a", Image.new("RGB", size, BLUE), "PNG")
    picture = await repaired(doctor, source, offer(RepairKind.CROP, *size))
    assert close(colour_at(picture, (10, 10)), BLUE)


async def test_a_turned_panorama_is_repaired_as_it_is_seen(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    stored = scene((3000, 600)).transpose(Image.Transpose.ROTATE_90)
    source = saved(tmp_path / "a", stored, "JPEG", exif=exif)
    for kind in (RepairKind.CROP, RepairKind.PAD):
        picture = await repaired(doctor, source, offer(kind, 3000, 600))
        if kind is RepairKind.CROP:
            assert_is_scene(picture)


async def test_a_plan_for_another_picture_is_our_mistake(
    doctor: PictureDoctor, tmp_path: Path
) -> None:
    source = saved(tmp_path / "a", scene((256, 255)), "PNG")
    with pytest.raises(TaskRaisedError, match="a plan for 256x256"):
        await doctor.repair(source, tmp_path / "b", offer(RepairKind.ENLARGE, 256, 256))


async def test_a_damaged_picture_is_refused_here_too(doctor: PictureDoctor, tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(encoded(scene((256, 256)), "PNG")[:-400])
    with pytest.raises(PictureTruncatedError):
        await doctor.repair(source, tmp_path / "b", offer(RepairKind.ENLARGE, 256, 256))

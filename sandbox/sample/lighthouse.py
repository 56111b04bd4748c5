"""Paint the sample picture, a lighthouse at dusk: `python -m sandbox.sample.lighthouse`."""

from __future__ import annotations

import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

PICTURE = Path(__file__).with_name("lighthouse.jpg")

Colour = tuple[int, int, int]
Point = tuple[float, float]

SIZE = (960, 640)
SCALE = 2  # painted twice as large and shrunk, for smooth edges
WIDTH, HEIGHT = SIZE[0] * SCALE, SIZE[1] * SCALE
HORIZON = 0.56 * HEIGHT
SUN = (0.30 * WIDTH, HORIZON - 0.015 * HEIGHT)
TOWER_X = 0.735 * WIDTH
LAMP = (TOWER_X, 0.262 * HEIGHT)

SKY = ((24, 28, 66), (62, 50, 108), (148, 82, 128), (234, 128, 112), (255, 200, 132))
SEA = ((246, 176, 128), (158, 104, 128), (64, 70, 112), (22, 38, 74), (10, 20, 46))
ISLANDS = ((150, 88, 124), (108, 66, 112))
WAVES = ((96, 78, 120), (66, 64, 110), (42, 52, 96), (26, 40, 80), (14, 27, 60))
ROCK = (20, 20, 42)


def paint() -> Image.Image:
    """Return the finished picture; the same every time."""
    rng = random.Random(1881)
    picture = _sky(rng)
    _islands(picture)
    _sea(picture, rng)
    picture = _beam(picture)
    _headland(picture)
    _lighthouse(picture)
    picture = _lamp_glow(picture)
    return picture.resize(SIZE, Image.Resampling.LANCZOS)


def _sky(rng: random.Random) -> Image.Image:
    sky = Image.new("RGB", (WIDTH, HEIGHT))
    sky.paste(_gradient(SKY, (WIDTH, int(HORIZON) + 1)))
    sky = _glow(sky, SUN, 0.56 * WIDTH, (255, 150, 90))
    sky = _glow(sky, SUN, 0.22 * WIDTH, (255, 214, 150))
    draw = ImageDraw.Draw(sky)
    for _ in range(90):
        x, y = rng.uniform(0, WIDTH), HEIGHT * 0.30 * rng.random() ** 1.6
        light = int(150 + 90 * rng.random() * (1 - y / (0.3 * HEIGHT)))
        radius = rng.choice((1.0, 1.0, 1.6, 2.2))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), (light, light, light))
    _disc(draw, SUN, 0.036 * WIDTH, (255, 238, 196))
    return _clouds(sky, rng)


def _clouds(sky: Image.Image, rng: random.Random) -> Image.Image:
    veil = Image.new("L", sky.size)
    draw = ImageDraw.Draw(veil)
    for _ in range(26):
        x, y = rng.uniform(-0.1, 1.0) * WIDTH, rng.uniform(0.30, 0.52) * HEIGHT
        length, thickness = rng.uniform(0.10, 0.34) * WIDTH, rng.uniform(4, 14)
        draw.ellipse((x, y, x + length, y + thickness), rng.randint(50, 130))
    veil = veil.filter(ImageFilter.GaussianBlur(9))
    return Image.composite(Image.new("RGB", sky.size, (255, 172, 140)), sky, veil)


def _islands(picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    for colour, start, end, peak in zip(
        ISLANDS, (0.02, 0.44), (0.30, 0.98), (0.075, 0.05), strict=True
    ):
        shape: list[Point] = [(start * WIDTH, HORIZON), (end * WIDTH, HORIZON)]
        for step in range(101):
            part = 1 - step / 100
            rise = math.sin(math.pi * part) * (0.72 + 0.28 * math.sin(9 * part + 40 * peak))
            shape.append(((start + (end - start) * part) * WIDTH, HORIZON - peak * HEIGHT * rise))
        draw.polygon(shape, colour)


def _sea(picture: Image.Image, rng: random.Random) -> None:
    picture.paste(_gradient(SEA, (WIDTH, HEIGHT - int(HORIZON))), (0, int(HORIZON)))
    draw = ImageDraw.Draw(picture)
    for index, colour in enumerate(WAVES):
        depth = (index + 1) / len(WAVES)
        top = HORIZON + (0.035 + 0.30 * depth**1.35) * HEIGHT
        height, length = (2 + 13 * depth) * SCALE, (0.05 + 0.16 * depth) * WIDTH
        _path_of_light(draw, rng, top - 0.06 * HEIGHT * depth, depth)
        crest = [(x, _swell(x, top, height, length, index)) for x in range(0, WIDTH + 8, 8)]
        draw.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], colour)
        lit = tuple(min(255, part + 34) for part in colour)
        draw.line(crest, lit, width=1 + index)


def _swell(x: float, top: float, height: float, length: float, phase: int) -> float:
    return top + height * (
        0.6 * math.sin(2 * math.pi * x / length + 1.7 * phase)
        + 0.4 * math.sin(2 * math.pi * x / (length * 0.43) + 2.9 * phase)
    )


def _path_of_light(draw: ImageDraw.ImageDraw, rng: random.Random, y: float, depth: float) -> None:
    for _ in range(34):
        width = rng.uniform(0.005, 0.03 + 0.03 * depth) * WIDTH
        x = rng.gauss(SUN[0], (0.018 + 0.055 * depth) * WIDTH)
        level = y + rng.uniform(-0.02, 0.02 + 0.03 * depth) * HEIGHT
        colour = rng.choice(((255, 214, 160), (252, 186, 136), (236, 150, 126)))
        draw.ellipse((x - width, level, x + width, level + (1 + 2 * depth) * SCALE), colour)


def _headland(picture: Image.Image) -> None:
    outline = (
        (0.52, 1.0), (0.545, 0.93), (0.575, 0.87), (0.60, 0.80), (0.635, 0.765), (0.655, 0.705),
        (0.685, 0.672), (0.71, 0.662), (0.80, 0.66), (0.85, 0.672), (0.90, 0.655), (0.95, 0.668),
        (1.0, 0.65), (1.0, 1.0),
    )  # fmt: skip
    draw = ImageDraw.Draw(picture)
    draw.polygon(_scaled(outline), ROCK)
    for shade, facet in (
        ((38, 32, 58), ((0.575, 0.87), (0.60, 0.80), (0.635, 0.765), (0.63, 0.86), (0.60, 0.95))),
        ((48, 36, 62), ((0.655, 0.705), (0.685, 0.672), (0.70, 0.74), (0.675, 0.80))),
        ((32, 28, 54), ((0.72, 0.70), (0.77, 0.69), (0.79, 0.80), (0.74, 0.84))),
        ((30, 27, 50), ((0.84, 0.70), (0.90, 0.68), (0.93, 0.80), (0.86, 0.86))),
    ):
        draw.polygon(_scaled(facet), shade)
    draw.polygon(
        _scaled(((0.835, 0.67), (0.835, 0.60), (0.925, 0.60), (0.925, 0.67))), (52, 44, 74)
    )
    draw.polygon(
        _scaled(((0.825, 0.603), (0.85, 0.553), (0.91, 0.553), (0.935, 0.603))), (30, 26, 48)
    )
    for x in (0.853, 0.893):
        draw.rectangle(_scaled(((x, 0.618), (x + 0.016, 0.643))), (255, 206, 120))


def _lighthouse(picture: Image.Image) -> None:
    top, foot, half_top, half_foot = 0.302, 0.665, 0.0185, 0.030
    tower = Image.new("RGB", picture.size)
    bands = 7
    draw = ImageDraw.Draw(tower)
    for index in range(bands):
        upper, lower = (top + (foot - top) * (index + part) / bands for part in (0, 1))
        colour = (236, 226, 224) if index % 2 else (178, 48, 58)
        draw.rectangle(_scaled(((0, upper), (1, lower))), colour)
    shade = _gradient(((255, 222, 196), (150, 130, 150), (70, 66, 100)), (1, WIDTH // 16))
    shade = shade.transpose(Image.Transpose.ROTATE_90).resize((WIDTH // 16, HEIGHT))
    light = Image.new("RGB", picture.size)
    light.paste(shade, (int(TOWER_X) - WIDTH // 32, 0))
    mask = Image.new("L", picture.size)
    x = TOWER_X / WIDTH
    shape = ((x - half_top, top), (x + half_top, top), (x + half_foot, foot), (x - half_foot, foot))
    ImageDraw.Draw(mask).polygon(_scaled(shape), 255)
    picture.paste(ImageChops.multiply(tower, light), mask=mask)
    _lantern(ImageDraw.Draw(picture), x, top)


def _lantern(draw: ImageDraw.ImageDraw, x: float, top: float) -> None:
    iron, glass = (28, 26, 46), (255, 232, 168)
    for y in (0.42, 0.53):
        draw.rectangle(_scaled(((x - 0.004, y), (x + 0.004, y + 0.026))), (255, 208, 128))
    draw.rectangle(_scaled(((x - 0.028, top - 0.006), (x + 0.028, top + 0.008))), iron)
    for step in range(-4, 5):
        post = x + step * 0.0066
        draw.line(_scaled(((post, top - 0.006), (post, top - 0.030))), iron, width=3)
    draw.line(_scaled(((x - 0.0275, top - 0.030), (x + 0.0275, top - 0.030))), iron, width=4)
    draw.rectangle(_scaled(((x - 0.0145, top - 0.066), (x + 0.0145, top - 0.006))), glass)
    for step in (-1, 0, 1):
        post = x + step * 0.0145
        draw.line(_scaled(((post, top - 0.066), (post, top - 0.006))), iron, width=4)
    roof = ((x - 0.021, top - 0.064), (x, top - 0.106), (x + 0.021, top - 0.064))
    draw.polygon(_scaled(roof), (150, 42, 52))
    _disc(draw, (x * WIDTH, (top - 0.108) * HEIGHT), 0.0036 * WIDTH, iron)


def _beam(picture: Image.Image) -> Image.Image:
    """Throw the light over the sea, fading with the distance and at its edges."""
    reach = Image.new("L", picture.size)
    draw = ImageDraw.Draw(reach)
    steps = 60
    for step in range(steps, 0, -1):
        x = LAMP[0] * (1 - step / steps)
        spread = 0.13 * HEIGHT * step / steps
        y = LAMP[1] + 0.05 * HEIGHT * step / steps
        light = int(120 * (1 - step / steps) ** 1.2)
        draw.polygon((LAMP, (x, y - spread), (x, y + spread)), light)
    reach = reach.filter(ImageFilter.GaussianBlur(14))
    return Image.composite(Image.new("RGB", picture.size, (255, 236, 190)), picture, reach)


def _lamp_glow(picture: Image.Image) -> Image.Image:
    picture = _glow(picture, LAMP, 0.16 * WIDTH, (170, 136, 80))
    return _glow(picture, LAMP, 0.035 * WIDTH, (220, 190, 130))


def _glow(picture: Image.Image, centre: Point, radius: float, colour: Colour) -> Image.Image:
    """Add light that falls off softly around a point."""
    side = int(2 * radius)
    # Pillow's radial gradient reaches 255 in the corners; at the sides it is 181.
    fade = [255 * max(0, 181 - far) ** 2 // 181**2 for far in range(256)]
    falloff = Image.radial_gradient("L").point(fade)
    light = Image.new("RGB", picture.size)
    light.paste(
        Image.new("RGB", (side, side), colour),
        (int(centre[0] - radius), int(centre[1] - radius)),
        falloff.resize((side, side), Image.Resampling.BICUBIC),
    )
    return ImageChops.screen(picture, light)


def _gradient(colours: tuple[Colour, ...], size: tuple[int, int]) -> Image.Image:
    """Blend the colours from top to bottom."""
    column = Image.new("RGB", (1, len(colours)))
    column.putdata(colours)
    # The outer halves of the first and last colour would stay flat, so they are cut off.
    return column.resize(size, Image.Resampling.BICUBIC, box=(0, 0.5, 1, len(colours) - 0.5))


def _disc(draw: ImageDraw.ImageDraw, centre: Point, radius: float, colour: Colour) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def _scaled(points: tuple[Point, ...]) -> list[Point]:
    return [(x * WIDTH, y * HEIGHT) for x, y in points]


if __name__ == "__main__":
    paint().save(PICTURE, quality=90, optimize=True)

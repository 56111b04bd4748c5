"""A seeded fuzzer: sound pictures with a few things wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tests.integration.images.gallery import FORMATS, encoded, scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def mutated_files(random: Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` broken files, each with the name of its kind; the seed decides them all."""
    seeds = sound_files()
    names = sorted(seeds)
    for _ in range(count):
        name = random.choice(names)
        data = bytearray(seeds[name])
        for _ in range(random.choice((1, 1, 2, 4, 16))):
            random.choice(MUTATIONS)(random, data)
        if random.random() < 0.05:
            other = seeds[random.choice(names)]
            data[random.randrange(len(data) + 1) :] = other[random.randrange(len(other)) :]
        yield name, bytes(data)


def sound_files() -> dict[str, bytes]:
    """Return small pictures that between them reach most of what decoders can do."""
    picture = scene((96, 64))
    frames = [scene((96, 64)).transpose(Image.Transpose.ROTATE_180)]
    files = {name: encoded(picture, name) for name in FORMATS}
    files |= {
        f"animated {name}": encoded(picture, name, save_all=True, append_images=frames)
        for name in ("GIF", "PNG", "WEBP", "AVIF", "MPO")
    }
    exif = Image.Exif()
    exif[0x0112] = 6
    files |= {
        "progressive jpeg": encoded(picture, "JPEG", progressive=True, exif=exif),
        "cmyk jpeg": encoded(picture.convert("CMYK"), "JPEG"),
        "palette png": encoded(picture.quantize(8), "PNG", transparency=bytes(8)),
        "deep png": encoded(Image.new("I;16", (96, 64), 40_000), "PNG"),
        "lossless webp": encoded(picture.convert("RGBA"), "WEBP", lossless=True, exif=exif),
        "palette bmp": encoded(picture.quantize(8), "BMP"),
    }
    return files


def _flip_bits(random: Random, data: bytearray) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _near_the_start(random: Random, data: bytearray) -> None:
    """Hit the header, where the structure is."""
    if data:
        data[random.randrange(min(len(data), 200))] = random.randrange(256)


def _interesting_number(random: Random, data: bytearray) -> None:
    size = random.choice((1, 2, 4))
    value = random.choice(INTERESTING) % 256**size
    at = random.randrange(len(data) + 1)
    data[at : at + size] = value.to_bytes(size, random.choice(("big", "little")))


def _cut_out(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice((1, 4, 64, 1000))]


def _cut_off(random: Random, data: bytearray) -> None:
    del data[random.randrange(len(data) + 1) :]


def _blank(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    length = min(random.choice((4, 32, 256)), len(data) - at)
    data[at : at + length] = bytes([random.choice((0, 255))]) * length


def _insert_noise(random: Random, data: bytearray) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.randbytes(random.choice((1, 4, 100)))


def _repeat_a_piece(random: Random, data: bytearray) -> None:
    start = random.randrange(len(data) + 1)
    piece = data[start : start + random.choice((4, 64, 500))]
    at = random.randrange(len(data) + 1)
    data[at:at] = piece * random.choice((1, 2, 50))


MUTATIONS: tuple[Callable[[Random, bytearray], None], ...] = (
    _flip_bits,
    _near_the_start,
    _interesting_number,
    _cut_out,
    _cut_off,
    _blank,
    _insert_noise,
    _repeat_a_piece,
)

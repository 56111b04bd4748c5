"""Files that were made to harm: each with what may come of it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from PIL import Image

from tests.integration.images.gallery import FORMATS, encoded, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
FOREIGN = {
    "nothing": b"",
    "one byte": b"\xff",
    "zeros": bytes(5000),
    "text": b"hello, world\n" * 100,
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "xml bomb": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY a 'aaaa'>]><svg>&a;</svg>",
    "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript>>>>endobj",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 500 500\n(%pipe%id) (r) file\n",
    "image magick": b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://x|id)'\n",
    "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n",
    "zip": b"PK\x03\x04" + bytes(100),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(100),
    "exe": b"MZ" + bytes(100),
    "icon": b"\0\0\1\0\1\0\x10\x10\0\0\1\0 \0" + bytes(100),
    "photoshop": b"8BPS\0\1" + bytes(100),
    "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
    "video": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(100),
    "box without end": b"\0\0\0\0ftypheic" + bytes(100),
    "box of 4 GB": b"\xff\xff\xff\xffftypavif" + bytes(100),
}


class Outcome(StrEnum):
    CLEAN = "clean"
    REFUSED = "refused"
    EITHER = "either"


@dataclass(frozen=True)
class Hostile:
    name: str
    data: bytes
    outcome: Outcome


def hostile_files() -> Iterator[Hostile]:
    """Yield every crafted file; the same bytes each time."""
    sound = {name: encoded(scene((160, 100)), name) for name in FORMATS}
    yield from _foreign(sound)
    yield from _cut(sound)
    yield from _polyglots(sound)
    yield from _lying_sizes(sound)
    yield from _bombs()
    yield from _broken_pngs()
    yield from _odd_shapes()
    yield from _heavy_metadata()


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these chunks, with sound checksums."""
    return PNG_MAGIC + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def ihdr(
    width: int, height: int, *, depth: int = 8, colour: int = 2, interlace: int = 0
) -> tuple[bytes, bytes]:
    body = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"IHDR", body


def idat(length: int, fill: bytes = b"\0") -> tuple[bytes, bytes]:
    """Return packed pixels; a long run of one byte packs a thousand to one."""
    packer = zlib.compressobj(9)
    blocks, rest = divmod(length, 1_000_000)
    packed = [packer.compress(fill * 1_000_000) for _ in range(blocks)]
    return b"IDAT", b"".join((*packed, packer.compress(fill * rest), packer.flush()))


END = (b"IEND", b"")


def _foreign(sound: dict[str, bytes]) -> Iterator[Hostile]:
    for name, data in FOREIGN.items():
        yield Hostile(f"foreign {name}", data, Outcome.REFUSED)
    random = Random(1)
    for name, data in sound.items():
        yield Hostile(f"magic alone {name}", data[:16], Outcome.REFUSED)
        yield Hostile(
            f"magic and noise {name}", data[:16] + random.randbytes(3000), Outcome.REFUSED
        )
        yield Hostile(f"magic and zeros {name}", data[:16] + bytes(3000), Outcome.REFUSED)


def _cut(sound: dict[str, bytes]) -> Iterator[Hostile]:
    """Cut at every twentieth of the file, and one byte before its end."""
    for name, data in sound.items():
        for part in range(1, 20):
            cut = data[: len(data) * part // 20]
            yield Hostile(f"{name} cut at {part}/20", cut, Outcome.EITHER)
        yield Hostile(f"{name} without its last byte", data[:-1], Outcome.EITHER)
        hole = len(data) // 2
        yield Hostile(f"{name} with a hole", data[:hole] + data[hole + 64 :], Outcome.EITHER)
        yield Hostile(f"{name} twice", data + data, Outcome.CLEAN)
        yield Hostile(f"{name} with zeros after it", data + bytes(100_000), Outcome.CLEAN)


def _polyglots(sound: dict[str, bytes]) -> Iterator[Hostile]:
    """Join what is a picture to one reader and something else to another."""
    tails = {
        "zip": b"PK\x03\x04" + bytes(26) + b"evil.exe" + b"PK\x05\x06" + bytes(18),
        "script": b"/*--><script>alert(document.cookie)</script>*/",
        "php": b"<?php system($_GET['c']); ?>",
        "pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript>>>>endobj\n%%EOF",
    }
    for name, data in sound.items():
        for kind, tail in tails.items():
            yield Hostile(f"{name} and {kind}", data + tail, Outcome.CLEAN)
    gif = bytearray(sound["GIF"])
    gif[6:10] = b"/*\0\0"  # GIF89a/*: a comment opens for a script engine
    yield Hostile("gif that is a script", bytes(gif) + b"*/=1;alert(1)", Outcome.EITHER)
    yield Hostile("pdf before a jpeg", b"%PDF-1.4\n" + sound["JPEG"], Outcome.REFUSED)


def _lying_sizes(sound: dict[str, bytes]) -> Iterator[Hostile]:
    """Write other sizes than the pixels have into each header."""
    sides = (0, 1, 0x7FFF, 0xFFFF)
    places = {
        "JPEG": (sound["JPEG"].index(b"\xff\xc0") + 5, ">H"),
        "GIF": (6, "<H"),
        "PNG": (16, ">I"),
        "BMP": (18, "<i"),
        "AVIF": (sound["AVIF"].index(b"ispe") + 8, ">I"),
        "HEIF": (sound["HEIF"].index(b"ispe") + 8, ">I"),
    }
    for name, (at, kind) in places.items():
        for width in sides:
            for height in sides:
                data = bytearray(sound[name])
                struct.pack_into(kind, data, at, width)
                struct.pack_into(kind, data, at + struct.calcsize(kind), height)
                yield Hostile(f"{name} said to be {width}x{height}", bytes(data), Outcome.EITHER)


def _bombs() -> Iterator[Hostile]:
    """Pack a great many pixels, or a great deal of text, into a few kB."""
    for side in (9_400, 30_000):
        yield Hostile(
            f"png of {side} squared",
            png(ihdr(side, side, depth=1, colour=0), idat((side // 8 + 1) * side), END),
            Outcome.REFUSED,
        )
    yield Hostile(
        "interlaced png of 8000 squared, 64 bit",
        png(ihdr(8000, 8000, depth=16, colour=6, interlace=1), idat(8000 * 8000), END),
        Outcome.REFUSED,
    )
    text = zlib.compress(bytes(40_000_000), 9)
    bodies = {
        b"zTXt": b"k\0\0" + text,
        b"iTXt": b"k\0\1\0\0\0" + text,
        b"iCCP": b"k\0\0" + text,
    }
    for kind, body in bodies.items():
        data = png(ihdr(8, 8), (kind, body), idat(8 * 25), END)
        yield Hostile(f"{kind.decode()} bomb", data, Outcome.EITHER)
    wide = bytearray(encoded(Image.new("L", (8, 8)), "WEBP", lossless=True))
    struct.pack_into("<I", wide, 21, 16_382 | 16_382 << 14)  # the largest that 14 bits can say
    yield Hostile("webp of 16383 squared", bytes(wide), Outcome.REFUSED)
    for kind, head in (("BMP", 2), ("BMP", 40)):
        data = bytearray(encoded(Image.new("L", (8, 8)), kind))
        struct.pack_into("<I", data, head, 0xFFFFFFFF)
        yield Hostile(f"bmp with {head} out of range", bytes(data), Outcome.EITHER)


def _broken_pngs() -> Iterator[Hostile]:
    pixels = idat(100 * 301)
    crc = bytearray(png(ihdr(100, 100), pixels, END))
    crc[40] ^= 0xFF
    shapes = {
        "wrong checksum": bytes(crc),
        "no pixels": png(ihdr(100, 100), END),
        "no end": png(ihdr(100, 100), pixels),
        "no header": png(pixels, END),
        "two headers": png(ihdr(100, 100), ihdr(50, 50), pixels, END),
        "too few pixels": png(ihdr(100, 100), idat(50), END),
        "far too many pixels": png(ihdr(100, 100), idat(50_000_000), END),
        "unknown filter": png(ihdr(100, 100), idat(100 * 301, b"\x09"), END),
        "no palette": png(ihdr(100, 100, colour=3), idat(100 * 101), END),
        "empty palette": png(ihdr(100, 100, colour=3), (b"PLTE", b""), idat(100 * 101), END),
        "colours beyond the palette": png(
            ihdr(100, 100, colour=3), (b"PLTE", b"\1\2\3"), idat(100 * 101, b"\x04"), END
        ),
        "more transparency than palette": png(
            ihdr(100, 100, colour=3), (b"PLTE", bytes(6)), (b"tRNS", bytes(900)), idat(10_100), END
        ),
        "not packed": png(ihdr(100, 100), (b"IDAT", b"garbage" * 100), END),
        "chunk of 4 GB": PNG_MAGIC + b"\xff\xff\xff\xffIHDR" + bytes(100),
        "lower-case nonsense chunk": png(ihdr(100, 100), (b"\0\1\2\3", b"x"), pixels, END),
    }
    for depth in (0, 3, 32, 255):
        shapes[f"depth {depth}"] = png(ihdr(100, 100, depth=depth), pixels, END)
    for colour in (1, 5, 7, 255):
        shapes[f"colour {colour}"] = png(ihdr(100, 100, colour=colour), pixels, END)
    for name, data in shapes.items():
        yield Hostile(f"png with {name}", data, Outcome.EITHER)


def _odd_shapes() -> Iterator[Hostile]:
    for size in ((1, 1), (1, 2), (2, 1), (100_000, 1), (1, 100_000), (30_000, 7)):
        picture = Image.new("RGB", size, (9, 9, 9))
        for name in ("PNG", "BMP"):
            yield Hostile(f"{name} of {size}", encoded(picture, name), Outcome.CLEAN)
    for mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16"):
        picture = Image.new(mode if mode != "PA" else "P", (50, 40))
        yield Hostile(f"png in {mode}", encoded(picture, "PNG"), Outcome.CLEAN)
    for mode in ("L", "RGB", "CMYK", "YCbCr"):
        data = encoded(Image.new(mode, (50, 40)), "JPEG", progressive=True)
        yield Hostile(f"progressive jpeg in {mode}", data, Outcome.CLEAN)


def _heavy_metadata() -> Iterator[Hostile]:
    base = Image.new("RGB", (50, 40))
    segments = (b"\xff\xe1\xff\xff" + b"Exif\0\0" + bytes(65_527)) * 50
    jpeg = encoded(base, "JPEG")
    yield Hostile("50 huge EXIF segments", jpeg[:2] + segments + jpeg[2:], Outcome.CLEAN)
    yield Hostile(
        "EXIF that points at itself",
        encoded(
            base, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\1\0\0\0\x08\0\0\0"
        ),
        Outcome.CLEAN,
    )
    many = [(b"tEXt", b"k%d\0v" % index) for index in range(5000)]
    yield Hostile("5000 texts", png(ihdr(10, 10), *many, idat(310), END), Outcome.CLEAN)
    large = (b"tEXt", b"workflow\0" + b"{}" * 2_000_000)
    yield Hostile("text of 4 MB", png(ihdr(10, 10), large, idat(310), END), Outcome.CLEAN)
    profile = (b"iCCP", b"k\0\0" + zlib.compress(Random(3).randbytes(500_000)))
    yield Hostile("profile of noise", png(ihdr(10, 10), profile, idat(310), END), Outcome.CLEAN)

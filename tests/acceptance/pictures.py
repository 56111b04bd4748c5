"""Pictures that members send."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def picture(width: int = 400, height: int = 320, kind: str = "PNG") -> bytes:
    """Return a picture that is told from any other at a glance: four coloured quarters."""
    image = Image.new("RGB", (width, height), (200, 60, 40))
    draw = ImageDraw.Draw(image)
    draw.rectangle((width // 2, 0, width, height // 2), fill=(40, 160, 70))
    draw.rectangle((0, height // 2, width // 2, height), fill=(50, 70, 190))
    draw.rectangle((width // 2, height // 2, width, height), fill=(230, 200, 60))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def difference(one: bytes | Image.Image, other: bytes | Image.Image) -> float:
    """Return how far two pictures are apart, 0 to 255, at thumbnail size."""
    small = [
        (item if isinstance(item, Image.Image) else Image.open(io.BytesIO(item)))
        .convert("RGB")
        .resize((16, 16), Image.Resampling.BOX)
        .tobytes()
        for item in (one, other)
    ]
    return sum(abs(a - b) for a, b in zip(*small, strict=True)) / len(small[0])

"""A video that is too large for its message is made smaller, and plays."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import pytest

from tests.acceptance.pictures import picture
from tests.acceptance.playground import PATIENCE_S, components, media_of

if TYPE_CHECKING:
    from tests.acceptance.playground import Stage

MIB = 1024 * 1024


@pytest.mark.timeout(240)
async def test_a_60_mb_video_arrives_as_a_playable_file_under_10_mib(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", video_bytes=60_000_000)
    await stage.discord.post("/sandbox/settings", attachment_limit=10 * MIB)
    interaction = await stage.animate(picture())
    card = await stage.card(interaction, "Done", within=8 * PATIENCE_S)
    video = await stage.download(media_of(card)[1]["url"])
    assert len(video) < 10 * MIB
    with av.open(io.BytesIO(video), "r") as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        assert frames > 100
    kept = [path.stat().st_size for path in (stage.bot.folder / "videos").iterdir()]
    assert max(kept) > 50_000_000


async def test_what_cannot_be_made_small_enough_comes_as_a_link(stage: Stage) -> None:
    await stage.runcomfy.post("/sandbox/settings", video_bytes=20_000_000)
    await stage.discord.post("/sandbox/settings", attachment_limit=300 * 1024)
    interaction = await stage.animate(picture())
    card = await stage.card(interaction, "Done")
    links = [item["url"] for item in components(card) if item.get("url")]
    assert links
    assert await stage.download(links[0])

"""What members do with menus, forms and finished cards."""

from __future__ import annotations

import base64
import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import av
from PIL import Image

from tests.acceptance.playground import components, texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.playground import Json, Stage

IDS = {"alice": 1100000000000000011, "bob": 1100000000000000012}


async def use_menu(stage: Stage, message_id: str, who: str = "alice") -> str:
    """Choose "Animate this" in a message's menu; return the interaction's id."""
    answer = await stage.discord.post(
        "/sandbox/commands", **{"as": who}, name="Animate this", menu={"message": message_id}
    )
    return answer["interaction"]


async def form_of(stage: Stage, interaction: str) -> Json:
    """Wait for the modal that an interaction opens."""

    async def opened() -> Json | None:
        return (await stage.interaction(interaction))["modal"]

    return await stage.until(opened, "a form opens")


async def send_off(stage: Stage, opener: str, who: str = "alice", **more: Any) -> str:
    """Wait for the modal that an interaction opens, send it off; return the new interaction."""
    await form_of(stage, opener)
    answer = await stage.discord.post(
        "/sandbox/modals", **{"as": who}, interaction=opener, **{"values": {}, **more}
    )
    return answer["interaction"]


async def craft(stage: Stage, message: Json, custom_id: str, who: str) -> str:
    """Press, as a hostile client would, what a message does not have; return the interaction."""
    answer = await stage.discord.post(
        "/sandbox/components",
        **{"as": who},
        message=message["id"],
        custom_id=custom_id,
        unchecked=True,
    )
    return answer["interaction"]


async def private_message(stage: Stage, interaction: str) -> Json:
    """Wait for the ephemeral answer and return it whole."""
    await stage.private_answer(interaction)
    return (await stage.interaction(interaction))["ephemeral"][-1]


async def delete_for_good(
    stage: Stage, question: Json, who: str = "alice", *, says: str = "Deleted."
) -> None:
    """Say yes to being asked whether to delete; wait until it is done and told.

    A card goes before the row does, so that its going does not yet show that all is gone.
    """
    await stage.press(question, "Delete for good", who)

    async def told() -> bool:
        (now,) = [
            one
            for one in await stage.messages(who, question["channel_id"])
            if one["id"] == question["id"]
        ]
        return says in texts_of(now)

    await stage.until(told, f"{who} is told what became of it")


async def post(stage: Stage, who: str = "alice", **body: Any) -> str:
    """Write a message, with ``files`` as bytes by name; return its id."""
    files = {
        name: {"name": name, "base64": base64.b64encode(data).decode()}
        for name, data in body.pop("files", {}).items()
    }
    answer = await stage.discord.post(
        "/sandbox/messages", **{"as": who}, channel=stage.channel, files=files, **body
    )
    return answer["message"]


def job_of(card: Json) -> str:
    """Return the id of the job that a card's buttons name."""
    (again,) = [item for item in components(card) if item.get("label") == "Again"]
    return again["custom_id"].partition(":")[2]


def files_of(stage: Stage, card: Json) -> list[Path]:
    """Return the files that the bot keeps of a card's job."""
    folders = [stage.bot.folder / name for name in ("pictures", "videos", "thumbnails")]
    return [path for folder in folders for path in folder.glob(f"{job_of(card)}*")]


def labels(message: Json) -> list[str]:
    """Return what a message's buttons say."""
    return [item["label"] for item in components(message) if item["type"] == 2]


def rows(stage: Stage, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask, or change, the bot's own store."""
    with closing(sqlite3.connect(stage.bot.folder / "hailuo.db", timeout=10)) as store:
        found = store.execute(query, values).fetchall()
        store.commit()
    return found


def keep_to_oneself(stage: Stage, who: str) -> None:
    """Say for a member that others shall not animate their pictures."""
    rows(stage, "INSERT OR REPLACE INTO members VALUES (?, 0)", IDS[who])


async def sent(stage: Stage, prompt: str) -> Image.Image:
    """Return the picture that the API was given with a prompt."""
    (url,) = [
        submit["input"]["image_url"]
        for submit in await stage.submits()
        if submit["input"]["prompt"] == prompt
    ]
    return Image.open(io.BytesIO(await stage.download(url)))


def video_of(*colours: tuple[int, int, int], size: tuple[int, int] = (400, 320)) -> bytes:
    """Return an MP4 that shows each colour for half a second."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for colour in colours:
            for _ in range(5):
                frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def last_frame(video: bytes) -> Image.Image:
    """Return a video's last frame."""
    with av.open(io.BytesIO(video), "r") as container:
        *_, frame = list(container.decode(video=0))
        return frame.to_image()

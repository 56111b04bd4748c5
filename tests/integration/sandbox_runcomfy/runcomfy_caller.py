"""A plain HTTP client of the stand-in, and pictures to send it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from PIL import Image
from yarl import URL

from sandbox.runcomfy import MODEL_ID, TOKEN

if TYPE_CHECKING:
    import aiohttp

SUBMIT = f"/v1/models/{quote(MODEL_ID)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the stand-in as a plain HTTP client with the right token."""

    session: aiohttp.ClientSession
    url: str

    async def call(self, method: str, path: str, **request: Any) -> Answer:
        """Send one request to a path of the stand-in and read its JSON."""
        headers = {"Authorization": f"Bearer {TOKEN}"} | request.pop("headers", {})
        url = URL(path if path.startswith("http") else self.url + path, encoded=True)
        async with self.session.request(method, url, headers=headers, **request) as response:
            return Answer(response.status, await response.json(), response.headers)

    async def submit(self, image_url: str | None = None, **changes: Any) -> Answer:
        """Submit a job; by default one that the rules allow."""
        body = {"prompt": "waves", "image_url": image_url or picture_uri()} | changes
        return await self.call("POST", SUBMIT, json=body)

    async def accepted(self, image_url: str | None = None) -> str:
        """Submit a good job and return its path."""
        return f"/v1/requests/{(await self.submit(image_url)).body['request_id']}"

    async def move(self, job: str, status: str, **more: Any) -> Answer:
        """Decide a job's fate over the control API."""
        path = job.replace("/v1/", "/sandbox/")
        answer = await self.call("POST", path, json={"status": status, **more})
        assert answer.status == 200, answer.body
        return answer

    async def ledger(self) -> Any:
        """Read what the stand-in saw."""
        return (await self.call("GET", "/sandbox/ledger")).body


def picture(width: int = 320, height: int = 320, kind: str = "PNG") -> bytes:
    """Draw a picture with something to recognise: dark to the left, bright to the right."""
    gradient = Image.linear_gradient("L").rotate(90).resize((width, height))
    file = BytesIO()
    Image.merge("RGB", (gradient, gradient, gradient.point(lambda level: 255 - level))).save(
        file, kind
    )
    return file.getvalue()


def picture_uri(width: int = 320, height: int = 320) -> str:
    """Draw a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(picture(width, height)).decode()

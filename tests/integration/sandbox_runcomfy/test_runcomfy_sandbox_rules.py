"""The input schema and the four validations, with the own sentences of the vendor's API page."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from runcomfy_caller import SUBMIT, picture, picture_uri

if TYPE_CHECKING:
    from runcomfy_caller import Caller

    from sandbox.runcomfy import RunComfySandbox

TOO_SMALL = "The uploaded image width and height must both exceed 300 pixels."
WRONG_RATIO = "The aspect ratio range should be 2:5 to 5:2."
UNREADABLE = "The file at image_url is not a valid image."
UNREACHABLE = "Failed to download the image from image_url."


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((300, 400), TOO_SMALL),
        ((400, 300), TOO_SMALL),
        ((400, 1000), WRONG_RATIO),
        ((1000, 400), WRONG_RATIO),
        ((301, 752), None),
        ((301, 753), WRONG_RATIO),
        ((752, 301), None),
        ((753, 301), WRONG_RATIO),
        ((301, 301), None),
    ],
)
async def test_sides_and_ratio_are_strict(
    api: Caller, size: tuple[int, int], message: str | None
) -> None:
    answer = await api.submit(picture_uri(*size))

    assert answer.body.get("error_message") == message
    assert (answer.status == 200) == (message is None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt"),
        ({"prompt": "x"}, "image_url"),
        ({"image_url": "data:"}, "prompt"),
        ({"prompt": 1, "image_url": "x"}, "prompt"),
        ({"prompt": "x" * 1996, "image_url": "x"}, "prompt"),
        ({"prompt": "x", "image_url": None}, "image_url"),
        ({"prompt": "x", "image_url": "x", "prompt_optimizer": 1}, "prompt_optimizer"),
        ({"prompt": "x", "image_url": "x", "prompt_optimizer": "true"}, "prompt_optimizer"),
    ],
)
async def test_the_schema_is_checked_strictly(api: Caller, body: Any, field: str) -> None:
    answer = await api.call("POST", SUBMIT, json=body)

    assert (answer.status, answer.body["error_code"]) == (400, 422001)
    assert answer.body["detail"][0]["loc"] == ["body", field]


@pytest.mark.parametrize("prompt", ["", "x" * 1995, "🌊" * 1995])
async def test_a_prompt_may_be_empty_and_1995_characters_long(api: Caller, prompt: str) -> None:
    assert (await api.submit(prompt=prompt, prompt_optimizer=False)).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(api: Caller, body: bytes) -> None:
    answer = await api.call("POST", SUBMIT, data=body, headers={"Content-Type": "application/json"})

    assert answer.body["error_code"] == 422001


async def test_the_http_dialect_answers_422(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(dialect="http")

    assert (await api.submit(picture_uri(300, 300))).status == 422


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"this is no picture", UNREADABLE),
        (picture(640, 480)[:-200], UNREADABLE),
        (b"", UNREADABLE),
    ],
)
async def test_a_file_that_is_no_whole_picture_is_refused(
    api: Caller, data: bytes, message: str
) -> None:
    uri = "data:image/png;base64," + base64.b64encode(data).decode()

    assert (await api.submit(uri)).body["error_message"] == message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://10.0.0.1/a.png",
        "ftp://127.0.0.1/a.png",
        "http://127.0.0.1:1/a.png",
        "http://[::1",
        "not a url",
        "",
    ],
)
async def test_what_cannot_be_fetched_is_refused(api: Caller, url: str) -> None:
    answer = await api.call("POST", SUBMIT, json={"prompt": "x", "image_url": url})

    assert (answer.status, answer.body["error_message"]) == (400, UNREACHABLE)


async def test_a_picture_is_fetched_from_a_loopback_server(api: Caller) -> None:
    async with picture_server() as server:
        assert (await api.submit(str(server.make_url("/a.png")))).status == 200
        for path in ("/missing", "/login", "/huge"):
            assert (await api.submit(str(server.make_url(path)))).status == 400


async def test_a_picture_may_be_fetched_and_judged_when_rendering_starts(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.configure(fetch="render")
    job = await api.accepted(picture_uri(300, 300))

    await api.move(job, "completed")

    result = (await api.call("GET", f"{job}/result")).body
    assert (result["status"], result["error"]) == ("failed", TOO_SMALL)


async def test_keys_that_the_schema_does_not_have_are_reported(api: Caller) -> None:
    assert (await api.submit(seed=1)).status == 200

    [suspicion] = (await api.ledger())["suspect"]
    assert suspicion["reason"] == "input keys that the schema does not have: seed"


def picture_server() -> TestServer:
    """Serve a picture, a redirect to it, and a file over 50 MB."""

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=picture(), content_type="image/png")

    async def redirect(_: web.Request) -> web.Response:
        raise web.HTTPFound("/a.png")

    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(51):
            await response.write(bytes(1_000_000))
        return response

    app = web.Application()
    app.router.add_get("/a.png", serve)
    app.router.add_get("/login", redirect)
    app.router.add_get("/huge", huge)
    return TestServer(app)

"""The four endpoints of the vendor's API page, the model's catalog page, and the public files."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from . import errors
from .clock import iso
from .errors import ApiError
from .generation import Generation, RequestId, Stage
from .rules import INPUT_SCHEMA, MODEL_ID, parse_input
from .settings import Fetch, NotReady, OutputKey
from .state import CALL, STATE, State
from .strikes import FILE

TOKEN = "sandbox-runcomfy-token"  # noqa: S105  documented, worth nothing
MODELS_PREFIX = "/v1/models/"


def add_routes(app: web.Application) -> None:
    """Serve the API and the files."""
    app.router.add_post("/v1/models/{model_id:.+}", submit)
    app.router.add_get("/v1/models/{model_id:.+}", describe_model)
    app.router.add_get("/v1/requests/{request_id}/status", status)
    app.router.add_get("/v1/requests/{request_id}/result", result)
    app.router.add_post("/v1/requests/{request_id}/cancel", cancel)
    app.router.add_get("/files/{folder}/output/{name}.mp4", download)


def check_token(request: web.Request) -> None:
    """Refuse any token but the sandbox's own."""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise ApiError(errors.USER_ACCOUNT)


async def submit(request: web.Request) -> web.Response:
    """`POST /v1/models/{model_id}`: check the input, queue the job."""
    state = request.app[STATE]
    model_id = _model_id(request)
    wanted = parse_input(await _json_body(request))
    if wanted.unknown_keys:
        keys = ", ".join(wanted.unknown_keys)
        state.ledger.suspect(request[CALL], f"input keys that the schema does not have: {keys}")
    fetch_now = state.settings.fetch is Fetch.SUBMIT
    picture = await state.fetcher.fetch(wanted.image_url) if fetch_now else None
    generation = state.farm.accept(model_id, wanted, picture)
    body = _links(request, generation, "status", "result", "cancel")
    if state.settings.submit_status != 200:  # noqa: PLR2004  a vendor test pairs 202 with it
        body["status"] = generation.stage
    return web.json_response(body, status=state.settings.submit_status)


async def describe_model(request: web.Request) -> web.Response:
    """`GET /v1/models/{model_id}`: the catalog's entry, schema and price included."""
    return web.json_response(
        {
            "model_id": _model_id(request),
            "display_name": "Hailuo Video 01 Live",
            "categories": ["image-to-video"],
            "base_price_usd": request.app[STATE].settings.cost_usd,
            "price_unit": "output",
            "input_schema": INPUT_SCHEMA,
            "required_inputs": INPUT_SCHEMA["required"],
        }
    )


async def status(request: web.Request) -> web.Response:
    """`GET /v1/requests/{id}/status`."""
    generation = _generation(request)
    body = _links(request, generation, "status", "result")
    body["status"] = generation.overrides.word or generation.stage
    if generation.overrides.completed_but_failed:
        body["status"] = Stage.COMPLETED
    if body["status"] == Stage.IN_QUEUE and generation.stage is Stage.IN_QUEUE:
        body["queue_position"] = request.app[STATE].farm.queue_position(generation)
    if body["status"] == Stage.FAILED:
        body["error"] = generation.error
    return web.json_response(body)


async def result(request: web.Request) -> web.Response:
    """`GET /v1/requests/{id}/result`, the definitive word on how a job ended."""
    state, generation = request.app[STATE], _generation(request)
    overrides = generation.overrides
    body: dict[str, Any] = {"request_id": generation.request_id, "model_id": generation.model_id}
    body["created_at"] = iso(generation.accepted_at)
    if not generation.stage.is_final:
        if state.settings.not_ready is NotReady.ERROR:
            raise ApiError(errors.NOT_READY)
        body["status"] = overrides.word or generation.stage
        return web.json_response(body | overrides.result_fields)
    body["finished_at"] = iso(generation.finished_at)
    body["status"] = overrides.word or generation.stage
    if generation.stage is Stage.COMPLETED:
        body["status"] = overrides.word or state.settings.done_word
        body["output"] = _output(request, generation)
    elif generation.stage is Stage.FAILED:
        body["error"] = generation.error
    if state.settings.echo_input:
        body["input"] = generation.as_ledger_entry()["input"]
    if request.query.get("include_cost") == "true":
        body["cost"] = state.settings.cost_usd if generation.stage is Stage.COMPLETED else 0
    return web.json_response(body | overrides.result_fields)


async def cancel(request: web.Request) -> web.Response:
    """`POST /v1/requests/{id}/cancel`: out of the queue, or a no-op that says so."""
    state, generation = request.app[STATE], _generation(request)
    cancelled = state.farm.cancel(generation)
    return web.json_response(
        {
            "request_id": generation.request_id,
            "status": generation.overrides.word or generation.stage,
            "outcome": "cancelled" if cancelled else "not_cancellable",
        },
        status=state.settings.cancel_status,
    )


async def download(request: web.Request) -> web.StreamResponse:
    """Serve a video to anyone, byte ranges included."""
    state = request.app[STATE]
    if "Authorization" in request.headers:
        state.ledger.suspect(request[CALL], "the API token was sent to the file host")
    generation = state.farm.generations.get(RequestId(request.match_info["name"]))
    if generation is None or request.match_info["folder"] != _folder(generation):
        return _no_such_file()
    lifetime = state.settings.video_lifetime_s
    if generation.stage is not Stage.COMPLETED or _older_than(state, generation, lifetime):
        return _no_such_file()
    assert generation.picture is not None  # noqa: S101  a completed job has been rendered
    path = await state.studio.video(generation.picture, state.settings)
    request[FILE] = path
    return web.FileResponse(path, headers={"Content-Type": "video/mp4"})


def _model_id(request: web.Request) -> str:
    """Decode the path once, as a server does: %20 is a space, + is a plus."""
    model_id = unquote(request.rel_url.raw_path.removeprefix(MODELS_PREFIX))
    if model_id != MODEL_ID:
        raise ApiError(errors.INVALID_MODEL, f"Invalid model_id: {model_id[:100]}")
    return model_id


async def _json_body(request: web.Request) -> object:
    if request.content_type != "application/json":
        raise ApiError(errors.VALIDATION, "Content-Type must be application/json.")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ApiError(errors.VALIDATION, "The body is not valid JSON.") from error


def _generation(request: web.Request) -> Generation:
    state = request.app[STATE]
    generation = state.farm.generations.get(RequestId(request.match_info["request_id"]))
    if generation is None or generation.overrides.expired:
        raise ApiError(errors.NOT_FOUND)
    if _older_than(state, generation, state.settings.request_lifetime_s):
        raise ApiError(errors.NOT_FOUND)
    return generation


def _older_than(state: State, generation: Generation, lifetime_s: float | None) -> bool:
    if lifetime_s is None or generation.finished_at is None:
        return False
    return state.clock.now() > generation.finished_at + lifetime_s


def _links(request: web.Request, generation: Generation, *names: str) -> dict[str, Any]:
    base = f"{request.url.origin()}/v1/requests/{generation.request_id}"
    links = {f"{name}_url": f"{base}/{name}" for name in names}
    return {"request_id": generation.request_id, **links}


def _output(request: web.Request, generation: Generation) -> dict[str, Any]:
    folder = _folder(generation)
    url = f"{request.url.origin()}/files/{folder}/output/{generation.request_id}.mp4"
    key = request.app[STATE].settings.output_key
    return {key: [url] if key in {OutputKey.VIDEOS, OutputKey.IMAGES} else url}


def _folder(generation: Generation) -> str:
    """Build a long opaque path segment, as the real storage has."""
    text = f"{generation.model_id}/{generation.request_id}/{generation.accepted_at}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _no_such_file() -> web.Response:
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>\n'
    return web.Response(status=404, text=text, content_type="application/xml")

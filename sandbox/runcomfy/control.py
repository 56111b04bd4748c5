"""The control API: settings, faults, the fate of single requests, and the ledger."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from .faults import Fault
from .generation import Generation, RequestId, Stage
from .state import STATE

VERSION_HEADER = "X-Sandbox-Version"
MAX_WAIT_S = 60.0


class Fate(BaseModel):
    """What one request is to come to; every name here is a key of `POST /sandbox/requests/ID`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    status: Annotated[str, Field(min_length=1)] | None = None
    error: Any = None
    output: Any = None
    result: dict[str, Any] | None = None
    completed_but_failed: bool = False
    expired: bool | None = None


def add_routes(app: web.Application) -> None:
    """Serve `/sandbox/*`; it needs no token, since it listens on loopback only."""
    app.router.add_get("/sandbox/settings", show_settings)
    app.router.add_post("/sandbox/settings", change_settings)
    app.router.add_get("/sandbox/faults", show_faults)
    app.router.add_post("/sandbox/faults", add_faults)
    app.router.add_delete("/sandbox/faults", clear_faults)
    app.router.add_post("/sandbox/clock", advance_clock)
    app.router.add_get("/sandbox/requests/{request_id}", show_request)
    app.router.add_post("/sandbox/requests/{request_id}", change_request)
    app.router.add_get("/sandbox/ledger", show_ledger)


async def show_settings(request: web.Request) -> web.Response:
    """Show the settings in force."""
    return web.json_response(request.app[STATE].settings.model_dump(mode="json"))


async def change_settings(request: web.Request) -> web.Response:
    """Change any of the settings; show them all."""
    request.app[STATE].configure(await _object(request))
    return await show_settings(request)


async def show_faults(request: web.Request) -> web.Response:
    """Show the faults that can still strike."""
    return web.json_response([fault.model_dump(mode="json") for fault in request.app[STATE].faults])


async def add_faults(request: web.Request) -> web.Response:
    """Put one fault, or a list of them, in force."""
    body = await _json(request)
    faults = [Fault.model_validate(one) for one in (body if isinstance(body, list) else [body])]
    for fault in faults:
        request.app[STATE].faults.add(fault)
    return await show_faults(request)


async def clear_faults(request: web.Request) -> web.Response:
    """Lift all faults."""
    request.app[STATE].faults.clear()
    return await show_faults(request)


async def advance_clock(request: web.Request) -> web.Response:
    """Move the clock forward: `{"advance_s": 3600}`."""
    match await _object(request):
        case {"advance_s": int() | float() as seconds} if seconds >= 0:
            request.app[STATE].clock.advance(seconds)
            return web.json_response({"advanced_s": seconds})
        case _:
            raise ValueError('must be {"advance_s": SECONDS}')


async def show_request(request: web.Request) -> web.Response:
    """Show one request as the ledger has it."""
    return web.json_response(_generation(request).as_ledger_entry())


async def change_request(request: web.Request) -> web.Response:
    """Decide a request's fate, or what is said of it."""
    generation, fate = _generation(request), Fate.model_validate(await _object(request))
    overrides = generation.overrides
    if fate.status is not None:
        await _set_status(request, generation, fate.status, fate.error)
    if fate.completed_but_failed:
        await _set_status(request, generation, Stage.FAILED, fate.error)
        overrides.completed_but_failed = True
    if fate.expired is not None:
        overrides.expired = fate.expired
    overrides.result_fields |= fate.result or {}
    if "output" in fate.model_fields_set:
        overrides.result_fields["output"] = fate.output
    return await show_request(request)


async def show_ledger(request: web.Request) -> web.Response:
    """Show everything seen; with `since` and `wait`, as soon as there is something newer."""
    state = request.app[STATE]
    if "since" in request.query:
        since = int(request.query["since"])
        wait = min(float(request.query.get("wait", "0")), MAX_WAIT_S)
        try:
            async with asyncio.timeout(wait):
                await state.changes.until(lambda: state.changes.version > since)
        except TimeoutError:
            pass  # nothing new is an answer too
    return web.json_response(
        {
            "requests": [one.as_ledger_entry() for one in state.farm.generations.values()],
            "calls": [call.as_json() for call in state.ledger.calls],
            "suspect": [one.as_json() for one in state.ledger.suspicions],
        },
        headers={VERSION_HEADER: str(state.changes.version)},
    )


async def _set_status(
    request: web.Request, generation: Generation, word: str, error: object
) -> None:
    """Move a request where its real life can go; any other word is only said of it."""
    farm, overrides = request.app[STATE].farm, generation.overrides
    overrides.word = None
    if word in {Stage.FAILED, Stage.CANCELLED}:
        failure = error or "Injected failure."
        farm.end(generation, Stage(word), failure if word == Stage.FAILED else None)
    elif word in generation.stages_ahead:
        await farm.hurry(generation, Stage(word))
    elif word != generation.stage:
        overrides.word = word


def _generation(request: web.Request) -> Generation:
    request_id = RequestId(request.match_info["request_id"])
    try:
        return request.app[STATE].farm.generations[request_id]
    except KeyError:
        raise ValueError(f"no request {request_id}") from None


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise ValueError("the body is not JSON") from error


async def _object(request: web.Request) -> dict[str, Any]:
    body = await _json(request)
    if isinstance(body, dict):
        return body
    raise ValueError("the body must be a JSON object")

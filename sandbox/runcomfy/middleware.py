"""What happens around every call: control errors, the ledger, faults, refusals."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError

from . import errors
from .api import check_token
from .errors import ApiError
from .faults import Fault, Kind
from .ledger import Call
from .state import CALL, STATE, State
from .strikes import Strike

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

CONTROL_PREFIX = "/sandbox/"
TOO_EARLY_TOLERANCE_S = 0.05

_SILENT = {Kind.DROP, Kind.HANG}


@web.middleware
async def attend(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve the control API plainly, and every other call under watch."""
    if request.path.startswith(CONTROL_PREFIX):
        return await _control(request, handler)
    return await _record(request, handler)


async def _record(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Enter the call in the ledger, and how it was answered."""
    state = request.app[STATE]
    call = Call(state.clock.now(), request.method, request.path, _route(request))
    request[CALL] = state.ledger.open(call)
    status = HTTPStatus.INTERNAL_SERVER_ERROR.value
    try:
        response = await _spoil(request, handler)
        status = response.status
    finally:
        if call.status is None:  # a fault may have told already what became of it
            state.ledger.close(call, status)
    return response


async def _spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the first fault that matches strike."""
    state, call = request.app[STATE], request[CALL]
    _judge_retry_after(state, call)
    fault = state.faults.take(request.method, request.path)
    if fault is None:
        return await _refuse(request, handler)
    call.fault = str(fault.status)
    real = await _refuse(request, handler) if fault.needs_real_answer else None
    _remember_retry_after(state, call, fault)
    if fault.status in _SILENT:
        state.ledger.close(call, fault.status)
    return await Strike(request, fault, real, state.closing).answer()


async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into the API's JSON; flag calls that no client of this API makes."""
    state = request.app[STATE]
    try:
        if request.path.startswith("/v1/"):
            check_token(request)
        return await handler(request)
    except ApiError as error:
        status = error.code.status(state.settings.dialect)
        return web.json_response(error.body(), status=status)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        state.ledger.suspect(request[CALL], "unknown route")
        body = errors.error_body(None, error.reason)
        return web.json_response(body, status=error.status)


async def _control(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/sandbox/elsewhere"):
        state = request.app[STATE]
        call = Call(state.clock.now(), request.method, request.path, _route(request))
        token = " with the API token" if "Authorization" in request.headers else ""
        state.ledger.suspect(call, f"followed a redirect{token}")
        return web.json_response({})
    try:
        return await handler(request)
    except ValueError as error:
        return web.json_response({"error": _reason(error)}, status=HTTPStatus.BAD_REQUEST)


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_context=False)
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
    return str(error)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else request.path}"


def _remember_retry_after(state: State, call: Call, fault: Fault) -> None:
    """Note until when this poll was asked to stay away; a submit may be another member's."""
    if isinstance(fault.retry_after, int | float) and not call.path.startswith("/v1/models/"):
        state.not_before[call.method, call.path] = time.monotonic() + fault.retry_after


def _judge_retry_after(state: State, call: Call) -> None:
    due = state.not_before.pop((call.method, call.path), 0.0)
    if time.monotonic() < due - TOO_EARLY_TOLERANCE_S:
        state.ledger.suspect(call, "came back before Retry-After")

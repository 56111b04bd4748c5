"""The server of the race: one job table and one clock behind four APIs.

``python -m benchmarks.race.server --kind even --speed 10 --seed 1`` prints its URL and serves
until it is ended. A job is named by its prompt, so that a second one for the same prompt counts as
paid twice. Faults are put in force by ``POST /bench/faults``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from benchmarks.race.lengths import KINDS, of_prompt

API = "benchmark"


@dataclass(slots=True)
class Job:
    """One accepted job; its times are of the machine's monotonic clock."""

    id: str
    accepted_at: float
    rendering_at: float
    finished_at: float


@dataclass(slots=True)
class Race:
    """What the routes share."""

    kind: str
    speed: float
    seed: int
    jobs: dict[str, Job] = field(default_factory=dict)
    prompts: defaultdict[str, list[Job]] = field(default_factory=lambda: defaultdict(list))
    calls: Counter[str] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def accept(self, prompt: str) -> Job:
        """Take a job in; its length depends on the prompt and the seed alone."""
        queue, render = of_prompt(self.kind, self.seed, prompt)
        now = time.monotonic()
        job = Job(
            str(uuid.uuid4()),
            now,
            now + queue / self.speed,
            now + (queue + render) / self.speed,
        )
        self.jobs[job.id] = job
        self.prompts[prompt].append(job)
        return job

    def word(self, job: Job, words: tuple[str, str, str]) -> str:
        """Return the word for waiting, rendering or done."""
        now = time.monotonic()
        return words[(now >= job.rendering_at) + (now >= job.finished_at)]

    def strike(self, call: str) -> dict[str, Any] | None:
        """Return the fault in force for this call, used up by one."""
        for fault in self.faults:
            if fault["call"] == call and fault["times"] > 0:
                fault["times"] -= 1
                return fault
        return None


RACE = web.AppKey("RACE", Race)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    app = web.Application(middlewares=[_attend])
    app[RACE] = Race(options.kind, options.speed, options.seed)
    app.add_routes(_routes())
    asyncio.run(_serve(app))


async def _serve(app: web.Application) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


@web.middleware
async def _attend(request: web.Request, handler: Any) -> web.StreamResponse:
    call = request.match_info.route.name or ""
    if call.startswith("bench"):
        return await handler(request)
    race = request.app[RACE]
    kind = call.rpartition("-")[2]  # submit, look, result
    race.calls[kind] += 1
    fault = race.strike(kind)
    if fault is None:
        return await handler(request)
    if fault.get("after_accept"):
        await handler(request)
    return _spoilt(request, fault, kind)


def _spoilt(request: web.Request, fault: dict[str, Any], kind: str) -> web.Response:
    if fault["status"] == "drop":
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault["status"] == "word":
        words = {"request_id": "x", "status": "dancing", "queue_position": 1, "logs": None}
        race = request.app[RACE]
        if "fal" in (request.match_info.route.name or "") or kind != "look":
            return web.json_response(words)
        job = race.jobs[request.match_info["id"]]
        return web.json_response({**_replicate_body(request, job), **words, "id": job.id})
    headers = {"Retry-After": "1"} if fault["status"] in {429, 503} else {}
    return web.json_response({"error": "fault"}, status=fault["status"], headers=headers)


def _routes() -> list[web.RouteDef]:
    fal, ours, replicate, comfy = "/fal/{app}", "/v1/requests/{id}", "/v1/predictions", "/v2/models"
    model = f"{comfy}/{{owner}}/{{name}}/requests"
    return [
        web.post("/bench/faults", _put_faults, name="bench-faults"),
        web.post("/bench/reset", _reset, name="bench-reset"),
        web.get("/bench/report", _report, name="bench-report"),
        web.post("/v1/models/{owner}/{name}/predictions", _replicate_submit, name="rep-submit"),
        web.get(f"{replicate}/{{id}}", _replicate_look, name="rep-look"),
        web.post("/v1/models/{owner}/{name}", _submit, name="ours-submit"),
        web.get(f"{ours}/status", _look, name="ours-look"),
        web.get(f"{ours}/result", _result, name="ours-result"),
        web.post(fal, _fal_submit, name="fal-submit"),
        web.get(f"{fal}/requests/{{id}}/status", _fal_look, name="fal-look"),
        web.get(f"{fal}/requests/{{id}}", _plain_result, name="fal-result"),
        web.post(model, _comfy_submit, name="comfy-submit"),
        web.get(f"{model}/{{id}}/status", _comfy_look, name="comfy-look"),
        web.get(f"{model}/{{id}}", _plain_result, name="comfy-result"),
    ]


async def _put_faults(request: web.Request) -> web.Response:
    request.app[RACE].faults = await request.json()
    return web.json_response({})


async def _reset(request: web.Request) -> web.Response:
    race = request.app[RACE]
    race.calls.clear()
    race.prompts.clear()
    return web.json_response({})


async def _report(request: web.Request) -> web.Response:
    race = request.app[RACE]
    jobs = {
        prompt: [{"accepted": job.accepted_at, "finished": job.finished_at} for job in jobs]
        for prompt, jobs in race.prompts.items()
    }
    return web.json_response({"calls": dict(race.calls), "jobs": jobs})


async def _accepted(request: web.Request) -> Job:
    body = await request.json()
    return request.app[RACE].accept((body.get("input") or body)["prompt"])


def _job(request: web.Request) -> Job:
    return request.app[RACE].jobs[request.match_info["id"]]


def _output(request: web.Request) -> str:
    return f"{request.url.origin()}/files/video.mp4"


async def _submit(request: web.Request) -> web.Response:
    job = await _accepted(request)
    base = f"{request.url.origin()}/v1/requests/{job.id}"
    urls = {f"{call}_url": f"{base}/{call}" for call in ("status", "result", "cancel")}
    return web.json_response({"request_id": job.id, **urls})


async def _look(request: web.Request) -> web.Response:
    job = _job(request)
    status = request.app[RACE].word(job, ("in_queue", "in_progress", "completed"))
    return web.json_response({"request_id": job.id, "status": status})


async def _result(request: web.Request) -> web.Response:
    job = _job(request)
    status = request.app[RACE].word(job, ("in_queue", "in_progress", "succeeded"))
    output = {"video": _output(request)} if status == "succeeded" else None
    return web.json_response({"request_id": job.id, "status": status, "output": output})


async def _fal_submit(request: web.Request) -> web.Response:
    job = await _accepted(request)
    base = f"{request.url}/requests/{job.id}"
    urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
    return web.json_response({"request_id": job.id, "queue_position": 0, **urls})


async def _fal_look(request: web.Request) -> web.Response:
    status = request.app[RACE].word(_job(request), ("IN_QUEUE", "IN_PROGRESS", "COMPLETED"))
    return web.json_response({"status": status, "queue_position": 0, "logs": None})


async def _plain_result(request: web.Request) -> web.Response:
    return web.json_response({"video": {"url": _output(request)}})


async def _replicate_submit(request: web.Request) -> web.Response:
    return web.json_response(_replicate_body(request, await _accepted(request)), status=201)


async def _replicate_look(request: web.Request) -> web.Response:
    return web.json_response(_replicate_body(request, _job(request)))


def _replicate_body(request: web.Request, job: Job) -> dict[str, Any]:
    status = request.app[RACE].word(job, ("starting", "processing", "succeeded"))
    return {
        "id": job.id,
        "model": "a/b",
        "version": "v",
        "status": status,
        "input": {},
        "output": _output(request) if status == "succeeded" else None,
        "logs": "",
        "error": None,
        "metrics": None,
        "created_at": None,
        "started_at": None,
        "completed_at": None,
        "urls": {"get": f"{request.url.origin()}/v1/predictions/{job.id}", "cancel": ""},
    }


async def _comfy_submit(request: web.Request) -> web.Response:
    return web.json_response({"request_id": (await _accepted(request)).id}, status=201)


async def _comfy_look(request: web.Request) -> web.Response:
    job = _job(request)
    status = request.app[RACE].word(job, ("IN_QUEUE", "IN_PROGRESS", "COMPLETED"))
    return web.json_response({"request_id": job.id, "status": status})


if __name__ == "__main__":
    main()

"""The request sequences of the vendor's three public clients get what those clients expect.

Each class below makes the calls of one client in its order and with its checks; their pauses
move the stand-in's clock, so a run of minutes takes no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from runcomfy_caller import picture_uri

from sandbox.runcomfy import MODEL_ID, TOKEN

if TYPE_CHECKING:
    from runcomfy_caller import Caller

    from sandbox.runcomfy import RunComfySandbox

AUTH = {"Authorization": f"Bearer {TOKEN}"}


class JobFailedError(Exception):
    """What each client raises for a job that ended without output."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the three have in common: a session, a base address and a clock."""

    api: Caller
    image_url: str = field(default_factory=picture_uri)

    @property
    def input(self) -> dict[str, str]:
        """The job that all three submit."""
        return {"prompt": "waves", "image_url": self.image_url}

    async def get(self, url: str) -> Any:
        """GET with the token; any status but 2xx is an error."""
        async with self.api.session.get(url, headers=AUTH) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, url: str, body: Any = None) -> Any:
        """POST with the token; any status but 2xx is an error."""
        async with self.api.session.post(url, json=body, headers=AUTH) as response:
            response.raise_for_status()
            return await response.json()

    async def pause(self, seconds: float) -> None:
        """Let the stand-in's time pass."""
        await self.api.call("POST", "/sandbox/clock", json={"advance_s": seconds})


class CommandLine(Client):
    """The command line: `/status` at once and every 2 s, then the URL the server gave."""

    __slots__ = ()
    final = frozenset({"completed", "succeeded", "failed", "cancelled", "canceled"})

    async def run(self) -> Any:
        """Submit, poll, read the result."""
        base = f"{self.api.url}/v1"
        job = await self.post(f"{base}/models/{quote(MODEL_ID)}", self.input)
        while True:
            status = await self.get(f"{base}/requests/{job['request_id']}/status")
            if status["status"].lower() in self.final:
                break
            await self.pause(2)
        result = await self.get(job["result_url"])
        if result["status"].lower() not in {"completed", "succeeded"}:
            raise JobFailedError(result.get("error"))
        return result

    async def cancel(self, request_id: str) -> str:
        """Ask to cancel and report the outcome."""
        answer = await self.post(f"{self.api.url}/v1/requests/{request_id}/cancel")
        assert answer["request_id"] == request_id
        return answer["outcome"]


class PartnerNode(Client):
    """The node package: `/result?include_cost=true` every 5 s and nothing else."""

    __slots__ = ()
    running = frozenset({"in_queue", "in_progress", "pending", "waiting", "starting"})

    async def run(self) -> tuple[bytes, float]:
        """Submit, poll, download with its checks; return the file and its price."""
        base = f"{self.api.url}/v1"
        job = await self.post(f"{base}/models/{quote(MODEL_ID)}", self.input)
        while True:
            url = f"{base}/requests/{job['request_id']}/result?include_cost=true"
            result = await self.get(url)
            if result["status"] not in self.running:
                break
            await self.pause(5)
        if result["status"] not in {"completed", "succeeded"}:
            raise JobFailedError(result.get("error"))
        return await self.download(result["output"]["video"]), result["cost"]

    async def download(self, url: str) -> bytes:
        """Fetch without token and redirects; only a video of some size will do."""
        async with self.api.session.get(url, allow_redirects=False) as response:
            assert response.status == 200
            assert response.content_type.startswith(("video/", "application/octet-stream"))
            data = await response.read()
            assert data
            return data


class ToolServer(Client):
    """The tool server: `/status` every 3 s, `/result` at the end, redirects followed."""

    __slots__ = ()

    async def run(self) -> Any:
        """Submit, poll, read the result."""
        base = f"{self.api.url}/v1"
        job = await self.post(f"{base}/models/{MODEL_ID}", self.input)
        request = f"{base}/requests/{job['request_id']}"
        while (await self.get(f"{request}/status"))["status"] in {"in_queue", "in_progress"}:
            await self.pause(3)
        return await self.get(f"{request}/result")


async def test_the_command_line_gets_its_result(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(queue_s=5, render_s=20)

    result = await CommandLine(api).run()

    assert result["output"]["video"].endswith(f"/output/{result['request_id']}.mp4")
    assert result["created_at"] < result["finished_at"]
    routes = [call["route"].rsplit("/", 1)[-1] for call in (await api.ledger())["calls"]]
    assert routes == ["{model_id}", *["status"] * 14, "result"]


async def test_the_command_line_cancels_honestly(api: Caller) -> None:
    client = CommandLine(api)
    queued, started = await api.accepted(), await api.accepted()
    await api.move(started, "in_progress")

    assert await client.cancel(queued.rsplit("/", 1)[-1]) == "cancelled"
    assert await client.cancel(started.rsplit("/", 1)[-1]) == "not_cancellable"


async def test_the_command_line_shows_the_model(api: Caller) -> None:
    model = await Client(api).get(f"{api.url}/v1/models/{quote(MODEL_ID)}")

    assert model["model_id"] == MODEL_ID


async def test_the_partner_node_gets_its_file_and_price(
    api: Caller, sandbox: RunComfySandbox
) -> None:
    sandbox.configure(queue_s=5, render_s=20, cost_usd=0.28)

    data, cost = await PartnerNode(api).run()

    assert data[4:8] == b"ftyp"
    assert cost == 0.28
    ledger = await api.ledger()
    routes = [call["route"].rsplit("/", 1)[-1] for call in ledger["calls"]]
    assert routes == ["{model_id}", *["result"] * 6, "{name}.mp4"]
    assert ledger["suspect"] == []


async def test_the_tool_server_gets_its_result(api: Caller, sandbox: RunComfySandbox) -> None:
    sandbox.configure(queue_s=5, render_s=20)

    result = await ToolServer(api).run()

    assert list(result["output"]) == ["video"]


@pytest.mark.parametrize("client", [CommandLine, PartnerNode])
async def test_each_learns_why_a_job_failed(
    api: Caller, sandbox: RunComfySandbox, client: type[CommandLine | PartnerNode]
) -> None:
    sandbox.configure(fetch="render", queue_s=1, render_s=1)

    with pytest.raises(JobFailedError, match="must both exceed 300 pixels"):
        await client(api, picture_uri(300, 300)).run()

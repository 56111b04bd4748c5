"""Run one client over one course and put what the server saw beside what the client says."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.race.runner import Course

ROOT = Path(__file__).resolve().parents[2]
RIVALS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
CLIENTS = ("ours", "fal", "replicate_client", "comfy", "fixed")
NEED_RIVALS = (
    "The rivals are not installed. Run:\n"
    "  python3 -m venv .venv-bench && .venv-bench/bin/pip install -r benchmarks/requirements.txt"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run cost; times are seconds of the jobs' clock."""

    requests_per_job: float
    looks_per_job: float
    cpu_ms_per_job: float
    rss_mib: float
    late_mean: float
    late_p50: float
    late_max: float
    late_share_max: float
    """The worst of lateness over what is fair: a tenth of the job's length, or 2 s and a bit."""
    failed: int
    paid_twice: int


@contextmanager
def server(kind: str, speed: float, seed: int) -> Iterator[str]:
    """Run the server of the race; yield its URL."""
    command = [sys.executable, "-m", "benchmarks.race.server"]
    options = ["--kind", kind, "--speed", str(speed), "--seed", str(seed)]
    with subprocess.Popen(  # noqa: S603  # our own module, no shell
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def run(course: Course) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a client in its process; return what it says, and the server's report."""
    python = sys.executable if course.client == "ours" else str(RIVALS_PYTHON)
    done = subprocess.run(  # noqa: S603  # our own module, no shell
        [python, "-m", "benchmarks.race.runner", json.dumps(asdict(course))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    with urllib.request.urlopen(f"{course.url}/bench/report") as answer:  # noqa: S310  # loopback
        report = json.load(answer)
    return json.loads(done.stdout.splitlines()[-1]), report


def put_faults(url: str, faults: list[dict[str, object]]) -> None:
    """Put these faults, and no others, in force."""
    request = urllib.request.Request(  # noqa: S310  # loopback
        f"{url}/bench/faults", json.dumps(faults).encode(), method="POST"
    )
    with urllib.request.urlopen(request):  # noqa: S310  # loopback
        pass


def measure(course: Course, kind: str, seed: int) -> Figures:
    """Run a course on a server of its own and return its figures."""
    with server(kind, course.speed, seed) as url:
        said, report = run(replace(course, url=url))
    jobs, calls = report["jobs"], report["calls"]
    late, shares, failed = [], [], 0
    for prompt, end in said["ended"].items():
        if "error" in end or prompt not in jobs:
            failed += 1
            continue
        job = jobs[prompt][-1]
        wait = (end["at"] - job["finished"]) * course.speed
        length = (job["finished"] - job["accepted"]) * course.speed
        late.append(wait)
        shares.append(wait / max(length / 10, 2.0))
    return Figures(
        requests_per_job=sum(calls.values()) / course.jobs,
        looks_per_job=calls.get("look", 0) / course.jobs,
        cpu_ms_per_job=said["cpu_s"] * 1000 / course.jobs,
        rss_mib=said["rss_mib"],
        late_mean=fmean(late) if late else float("nan"),
        late_p50=median(late) if late else float("nan"),
        late_max=max(late, default=float("nan")),
        late_share_max=max(shares, default=float("nan")),
        failed=failed,
        paid_twice=sum(len(made) - 1 for made in jobs.values()),
    )

"""Strike each client with each fault once: who pays twice, who loses a job, who gets through.

One job of a minute at a time, on a clock that runs twenty times as fast; every client has its
defaults. A fault strikes as often as the row says, then all is well again.
"""

from __future__ import annotations

from typing import Final

from benchmarks.race.course import CLIENTS, NEED_RIVALS, RIVALS_PYTHON, begin, run, server
from benchmarks.race.runner import Course

SPEED: Final = 20.0
FAULTS: Final[dict[str, dict[str, object]]] = {
    "submit taken, connection dropped": {"call": "submit", "status": "drop", "after_accept": True},
    "the same, 3 times": {"call": "submit", "status": "drop", "after_accept": True, "times": 3},
    "submit taken, then 500": {"call": "submit", "status": 500, "after_accept": True},
    "submit taken, then 502": {"call": "submit", "status": 502, "after_accept": True},
    "submit taken, then 503": {"call": "submit", "status": 503, "after_accept": True},
    "submit refused, 429 Retry-After": {"call": "submit", "status": 429},
    "look: connection dropped, twice": {"call": "look", "status": "drop", "times": 2},
    "look: 500": {"call": "look", "status": 500},
    "look: 503 Retry-After": {"call": "look", "status": 503},
    "look: 429 Retry-After": {"call": "look", "status": 429},
    "look: a word nobody knows": {"call": "look", "status": "word"},
}


def main() -> dict[str, dict[str, str]]:
    """Run every fault against every client, print the table, and return it."""
    if not RIVALS_PYTHON.exists():
        raise SystemExit(NEED_RIVALS)
    print(f"{'':34}" + "".join(f"{client:>18}" for client in CLIENTS))
    table: dict[str, dict[str, str]] = {}
    with server("even", SPEED, seed=1) as url:
        for title, fault in FAULTS.items():
            row = table[title] = {client: strike(url, client, fault) for client in CLIENTS}
            cells = (cell.partition(":")[0] for cell in row.values())
            print(f"{title:34}" + "".join(f"{cell:>18}" for cell in cells), flush=True)
    return table


def strike(url: str, client: str, fault: dict[str, object]) -> str:
    """Run one job of one client under one fault and say what became of it."""
    begin(url, [{"times": 1} | fault])
    said, report = run(Course(client, url, jobs=1, speed=SPEED))
    (end,) = said["ended"].values()
    taken = sum(len(made) for made in report["jobs"].values())
    return verdict(end, taken)


def verdict(end: dict[str, str], taken: int) -> str:
    """Say what became of the job, and after a colon why, if the client told."""
    result = end.get("result", "None")
    if taken > 1:
        return f"PAID {taken} TIMES"
    if result.startswith("SubmitUnknown"):
        return "typed unknown"
    if result != "None" and not result.startswith("Refused"):
        return "ok"
    why = end.get("error", result)
    return f"JOB LOST: {why}" if taken else f"gave up: {why}"

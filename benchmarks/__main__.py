"""``python -m benchmarks NAME [--json]``: run one benchmark of this folder.

Each is a module whose ``main()`` prints a table and returns its figures; with ``--json`` they
follow as one JSON object on the last line.
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path


def names() -> list[str]:
    """Return what can be run."""
    modules = Path(__file__).parent.glob("*.py")
    return sorted(path.stem for path in modules if not path.stem.startswith("_"))


def run() -> None:
    """Run the benchmark that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=names())
    parser.add_argument("--json", action="store_true", help="figures as JSON on the last line")
    options = parser.parse_args()
    figures = importlib.import_module(f"benchmarks.{options.name}").main()
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    run()

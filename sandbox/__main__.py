"""Start a stand-in: ``python -m sandbox discord`` or ``python -m sandbox runcomfy``."""

from __future__ import annotations

import argparse
import asyncio


def main() -> None:
    """Read the command line and run the part it names."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parts = parser.add_subparsers(required=True, metavar="PART")
    discord = parts.add_parser("discord", help="a stand-in for Discord")
    discord.add_argument("--port", type=int, default=0, help="0 picks a free one")
    discord.set_defaults(run=_discord)
    runcomfy = parts.add_parser("runcomfy", help="a stand-in for the RunComfy Model API")
    runcomfy.add_argument("--port", type=int, default=0, help="0 picks a free one")
    runcomfy.add_argument("--discord-url", help="the stand-in for Discord, whose links it fetches")
    runcomfy.set_defaults(run=_runcomfy)
    return parser


# Each part is imported only when it runs, so that one runs without the other.
def _discord(arguments: argparse.Namespace) -> None:
    from sandbox.discord.server import serve  # noqa: PLC0415 - see above

    asyncio.run(serve(arguments.port))


def _runcomfy(arguments: argparse.Namespace) -> None:
    from sandbox.runcomfy.server import serve  # noqa: PLC0415 - see above

    asyncio.run(serve(arguments.port, arguments.discord_url))


if __name__ == "__main__":
    main()

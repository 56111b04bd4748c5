"""Start a stand-in (discord, runcomfy), or the bot between both (serve, demo)."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Coroutine

LAST_PORT = 65535


def main() -> None:
    """Read the command line and run the part it names."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parts = parser.add_subparsers(required=True, metavar="PART")
    discord = parts.add_parser("discord", help="a stand-in for Discord")
    discord.add_argument("--port", type=_port, default=0, help="0 picks a free one")
    discord.set_defaults(run=_discord)
    runcomfy = parts.add_parser("runcomfy", help="a stand-in for the RunComfy Model API")
    runcomfy.add_argument("--port", type=_port, default=0, help="0 picks a free one")
    runcomfy.add_argument(
        "--discord-url", type=_origin, help="the stand-in for Discord, whose links it fetches"
    )
    runcomfy.set_defaults(run=_runcomfy)
    serve = parts.add_parser("serve", help="both stand-ins and the bot, until Ctrl-C")
    for service, port in (("discord", "8090"), ("runcomfy", "8091")):
        from_environment = os.environ.get(f"{service.upper()}_PORT") or port
        serve.add_argument(f"--{service}-port", type=_port, default=from_environment)
    serve.set_defaults(run=_serve)
    demo = parts.add_parser("demo", help="animate a picture end to end and save the video")
    demo.add_argument("--image", default=os.environ.get("IMAGE", ""), help="default: a sample")
    demo.add_argument("--prompt", default=os.environ.get("PROMPT", ""), help="default: fitting it")
    demo.add_argument("--out", default=os.environ.get("OUT", ""), help="default: demo-output")
    demo.set_defaults(run=_demo)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"must be 0 to {LAST_PORT}, not {text!r}")
    return int(text)


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web:
        raise argparse.ArgumentTypeError(f"must be like http://127.0.0.1:8090, not {text!r}")
    return text


def _run(serving: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(serving)
    except OSError as error:
        sys.exit(f"The stand-in cannot start: {error}")


# Each part is imported only when it runs, so that one runs without the other.
def _discord(arguments: argparse.Namespace) -> None:
    from sandbox.discord.server import serve  # noqa: PLC0415 - see above

    _run(serve(arguments.port))


def _runcomfy(arguments: argparse.Namespace) -> None:
    from sandbox.runcomfy.server import serve  # noqa: PLC0415 - see above

    _run(serve(arguments.port, arguments.discord_url))


def _serve(arguments: argparse.Namespace) -> None:
    from sandbox.serve import main  # noqa: PLC0415 - see above

    sys.exit(main(arguments.discord_port, arguments.runcomfy_port))


def _demo(arguments: argparse.Namespace) -> None:
    from sandbox.demo.story import main  # noqa: PLC0415 - see above

    sys.exit(main(arguments.image, arguments.prompt, arguments.out))


if __name__ == "__main__":
    main()

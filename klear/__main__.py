"""The `klear` command."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

import uvloop

from klear import commands, settings, telemetry
from klear.roles import ROLES
from klear.settings import InvalidSettings, Settings

Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit code: 0 done, 1 it failed, 2 it was asked wrongly."""
    grammar = parser()
    options, rest = grammar.parse_known_args(arguments)
    if rest and options.run is not _media:
        grammar.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        given = settings.read()
    except InvalidSettings as error:
        _complain("these settings cannot be used:", *error.problems)
        return 2
    telemetry.configure(given.log_level)
    run: Command = options.run
    try:
        return run(given, options)
    except commands.MENDABLE as error:
        _complain(commands.explain(error))
        return 1


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    root = argparse.ArgumentParser(
        prog="klear",
        description="A real-time hub for live wellness and telehealth sessions.",
        epilog="environment:\n" + (settings.__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = root.add_subparsers(required=True, metavar="COMMAND")
    demo = parts.add_parser("demo", help="everything at once, with demonstration data")
    demo.set_defaults(run=_demo)
    serve = parts.add_parser("serve", help="serve, in one role or all of them")
    serve.add_argument("--role", choices=ROLES, default="all", help="which parts (default: all)")
    serve.set_defaults(run=_serve)
    migrate = parts.add_parser("migrate", help="bring the database up to date, as its owner")
    migrate.add_argument(
        "--to",
        type=_number(0),
        metavar="N",
        help="stop at number N, or go back to it (0: to nothing)",
    )
    migrate.add_argument("--yes", action="store_true", help="go back, and lose what is kept there")
    migrate.set_defaults(run=_migrate)
    _add_token(parts.add_parser("token", help="print a connection token, for tools and tests"))
    media = parts.add_parser("media", help="a media worker alone", add_help=False)
    media.set_defaults(run=_media)
    return root


def _number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number within bounds."""
    bounds = f"{least} or more" if most is None else f"{least} to {most}"

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal():  # no sign, no space, no underscore
            raise argparse.ArgumentTypeError(f"must be a number, {bounds}")
        number = int(text[:12])
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"must be {bounds}")
        return number

    return parse


def _add_token(token: argparse.ArgumentParser) -> None:
    token.add_argument("--user", required=True, metavar="ID", help="a person's id, or any name")
    token.add_argument("--role", default="client", choices=sorted(commands.ROLES))
    token.add_argument("--ttl", type=_number(1, commands.TTL_MAX), default=3600, metavar="SECONDS")
    token.add_argument("--organisation", type=UUID, metavar="ID", help="default: the demo's")
    token.add_argument("--channel", action="append", default=[], metavar="NAME", help="to grant")
    token.set_defaults(run=_token)


def _demo(given: Settings, _options: argparse.Namespace) -> int:
    return _run(commands.serve(given, role="all", demo=True, say=_say))


def _serve(given: Settings, options: argparse.Namespace) -> int:
    return _run(commands.serve(given, role=options.role, demo=False, say=_say))


def _migrate(given: Settings, options: argparse.Namespace) -> int:
    return _run(commands.migrate(given, to=options.to, sure=options.yes, say=_say))


def _token(given: Settings, options: argparse.Namespace) -> int:
    wanted = commands.WantedToken(
        user=options.user,
        role=options.role,
        ttl=options.ttl,
        organisation=options.organisation,
        channels=tuple(options.channel),
    )
    _say(commands.token(given, wanted))
    return 0


def _media(_given: Settings, options: argparse.Namespace) -> int:
    from media import worker  # the only command that loads aiortc

    worker.main(options.rest)
    return 0


def _run(work: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _say(text: str) -> None:
    print(text, flush=True)


def _complain(first: str, *more: str) -> None:
    print("\n  ".join((f"klear: {first}", *more)), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

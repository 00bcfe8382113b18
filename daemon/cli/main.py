"""The `codeassistd` command: finds the subcommand, and turns every way it can end into an exit status."""

from __future__ import annotations

import difflib
import errno
import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import cast

import click

from ... import __version__
from ...models.errors import CodeassistdError, UsageError
from .interrupts import Stopped, stop_at_once
from .options import SharedOptions, shared_options, write_examples
from .streams import open_missing_streams, open_streams

_COMMANDS = {
    "index": "index_command",
    "search": "search_command",
    "similar": "similar_command",
    "embed": "embed_command",
    "rerank": "rerank_command",
    "generate": "generate_command",
    "status": "status_command",
    "doctor": "doctor_command",
    "config": "config_command",
    "lsp": "lsp_command",
    "start": "start_command",
    "stop": "stop_command",
    "pause": "pause_command",
    "resume": "resume_command",
    "logs": "logs_command",
    "models": "models_command",
}
"""Module of each command, imported when it is run or listed: none of them imports a heavy library."""

EXIT_FAILED, EXIT_USAGE = 1, 2

_ALLOCATIONS_BETWEEN_COLLECTIONS = 20_000

_EXAMPLES = (
    ("codeassistd index", "index the repository you are in"),
    ('codeassistd search "parse the config"', "search it"),
    ("codeassistd similar src/app.py:40-62", "find code like those lines"),
    ("codeassistd COMMAND --help", "everything about a command"),
)


class LazyGroup(click.Group):
    """A group whose commands are imported by name."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then the epilog."""
        write_examples(_EXAMPLES, formatter)
        super().format_epilog(ctx, formatter)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the parameter
        """Names in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module; its `command` is the command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[cmd_name]}", __package__)
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a wrong name is answered with the closest one."""
        if args and args[0] not in _COMMANDS:
            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"did you mean `codeassistd {near[0]}`?" if near else "`codeassistd --help` lists them"
            raise UsageError(f"no such command: {args[0]}", hint)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Results go to standard output, progress and messages to standard error."
    " Exit status: 0 done, 1 failed, 2 wrong usage.",
)
@click.version_option(__version__, prog_name="codeassistd", message="%(prog)s %(version)s")
@shared_options
def cli() -> None:
    """Search source code by meaning, name and words, on this machine only."""


def main() -> None:
    """Run the command line of this process and exit."""
    # Before numpy is imported: on a busy machine its threads wait for each other by running in circles.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imports make hundreds of thousands of objects, and next to nothing of them is garbage.
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    open_missing_streams()
    status = run(sys.argv[1:])
    # Before it ends, the interpreter looks for garbage among all objects, for a tenth of a second.
    gc.freeze()
    # All is said and done: Ctrl-C while the interpreter winds up is no reason for a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: What follows the program's name.

    Returns:
        The exit status.
    """
    if "_CODEASSISTD_COMPLETE" in os.environ:  # the shell asks for completions, in click's own protocol
        return int(cli.main(list(arguments), prog_name="codeassistd", standalone_mode=False) or 0)
    options = SharedOptions()
    try:
        with stop_at_once():
            status = _dispatch(arguments, options)
        sys.stdout.flush()
    except click.exceptions.Exit as request:
        return request.exit_code
    except BrokenPipeError:
        _discard_output()
        return 0
    except (Exception, Stopped) as error:  # noqa: BLE001 - the last line of defence: one line, no traceback
        return _report(error, options)
    return status


def _report(error: Exception | Stopped, options: SharedOptions) -> int:
    """Say in one line why the command failed; returns the exit status."""
    streams = open_streams(options.color)
    if options.debug and not isinstance(error, Stopped):
        traceback.print_exc()
    match error:
        case Stopped():
            streams.warning("stopped")
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            print(error.format_message(), file=sys.stderr)
            return EXIT_USAGE
        case click.ClickException():
            streams.error(*_usage(error))
            return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_FAILED
        case CodeassistdError():
            streams.error(error.message, error.hint)
            return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
        case OSError(errno=errno.ENOSPC):
            streams.error("no space left on the disk", "free some space, or move CODEASSISTD_DATA_DIR")
        case OSError() if error.strerror:
            place = f": {error.filename}" if error.filename else ""
            streams.error(f"{error.strerror.lower()}{place}", "run again with --debug to see more")
        case _:
            reason = str(error).strip().split("\n")[0]
            what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
            streams.error(
                f"unexpected error: {what}", "run again with --debug to see where; please report it"
            )
    return EXIT_FAILED


def _dispatch(arguments: Sequence[str], options: SharedOptions) -> int:
    # make_context and invoke rather than cli.main, which would answer Ctrl-C and broken pipes itself.
    with cli.make_context("codeassistd", list(arguments), obj=options) as context:
        status = cli.invoke(context)
        return status if isinstance(status, int) else 0


def _usage(error: click.ClickException) -> tuple[str, str]:
    context = getattr(error, "ctx", None)
    message = error.format_message().replace("\n", " ").strip()
    message = message[:1].lower() + message[1:]
    return message.rstrip("."), f"see `{context.command_path if context else 'codeassistd'} --help`"


def _discard_output() -> None:
    """Point standard output nowhere, so that the interpreter's own flush at exit finds no broken pipe."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)

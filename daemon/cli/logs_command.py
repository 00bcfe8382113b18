"""`codeassistd logs`: what the daemon has been doing."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..process.logs import read_logs
from ..settings_loading import data_dir
from .options import ExampleCommand, shared, shared_options
from .streams import open_streams
from .terminal_text import safe_line


@click.command(
    "logs",
    short_help="Show the daemon's log.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd logs", "the last lines"),
        ("codeassistd logs -f", "and what comes, until Ctrl-C"),
        ("codeassistd logs --json | jq 'select(.level != \"INFO\")'", ""),
    ),
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(0, 1_000_000),
    default=200,
    show_default=True,
    metavar="N",
    help="Lines that are there already.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document a line.")
@shared_options
@click.pass_context
def command(context: click.Context, *, follow: bool, last: int, as_json: bool) -> int:
    """Show the daemon's log, oldest first.

    It names files, methods and numbers; source text and queries are not in it (see daemon.log_level).
    """
    streams = open_streams(shared(context).color)
    for line in read_logs(data_dir(), last, follow=follow):
        if as_json:
            streams.line(asdict(line))
        else:
            streams.result("\n".join(safe_line(part) for part in line.text().split("\n")))
    return 0

"""`codeassistd pause`: has the daemon index nothing until further notice."""

from __future__ import annotations

import click

from ..process.connecting import attach
from ..process.control import ask
from ..process.rendezvous import find_rendezvous
from ..settings_loading import data_dir
from .options import ExampleCommand, shared, shared_options
from .streams import open_streams


@click.command(
    "pause",
    short_help="Let the daemon index nothing for a while.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd pause", ""),
        ("codeassistd resume", "go on"),
    ),
)
@shared_options
@click.pass_context
def command(context: click.Context) -> int:
    """Stop indexing in every workspace until `codeassistd resume`; searches are still answered."""
    streams = open_streams(shared(context).color)
    with attach(find_rendezvous(data_dir()), "control") as connection:
        ask(connection, "pause")
    streams.result("paused; `codeassistd resume` goes on")
    return 0

"""`codeassistd resume`: has the daemon go on after a pause."""

from __future__ import annotations

import click

from ..process.connecting import attach
from ..process.control import ask
from ..process.rendezvous import find_rendezvous
from ..settings_loading import data_dir
from .options import ExampleCommand, shared, shared_options
from .streams import open_streams


@click.command(
    "resume",
    short_help="Let the daemon index again.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd resume", ""),
        ("codeassistd status", "see what is left to do"),
    ),
)
@shared_options
@click.pass_context
def command(context: click.Context) -> int:
    """Go on indexing after `codeassistd pause`."""
    streams = open_streams(shared(context).color)
    with attach(find_rendezvous(data_dir()), "control") as connection:
        ask(connection, "resume")
    streams.result("resumed")
    return 0

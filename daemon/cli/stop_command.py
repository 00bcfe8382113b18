"""`codeassistd stop`: ends the daemon."""

from __future__ import annotations

import click

from ..process.rendezvous import find_rendezvous
from ..process.stopping import stop_daemon
from ..settings_loading import data_dir
from .options import ExampleCommand, shared, shared_options
from .streams import open_streams

_RESULTS = {
    "absent": "the daemon is not running",
    "stopped": "stopped",
    "killed": "ended by force; the next start brings the index back in order",
}


@click.command(
    "stop",
    short_help="Stop the daemon.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd stop", ""),
        ("codeassistd stop --json", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> int:
    """Stop the daemon, after the write in hand.

    Editors that are open start it again when they next need it; `codeassistd pause` only stops indexing.
    """
    streams = open_streams(shared(context).color)
    outcome = stop_daemon(find_rendezvous(data_dir()))
    if as_json:
        streams.document({"outcome": outcome})
    else:
        streams.result(_RESULTS[outcome])
    return 0

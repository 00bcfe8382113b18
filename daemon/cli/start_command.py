"""`codeassistd start`: starts the daemon, unless it runs."""

from __future__ import annotations

import click

from ..process.connecting import attach, connect
from ..process.control import ask
from ..process.errors import DaemonAbsentError
from ..process.program import DAEMON_COMMAND
from ..process.rendezvous import find_rendezvous
from ..settings_loading import data_dir
from .options import ExampleCommand, shared, shared_options
from .streams import open_streams


@click.command(
    "start",
    short_help="Start the daemon.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd start", ""),
        ("codeassistd start --json | jq .pid", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> int:
    """Start the daemon, unless it runs already; a paused one goes on.

    Editors start it by themselves. It ends when nobody has used it for an hour (daemon.idle_exit_minutes).
    """
    streams = open_streams(shared(context).color)
    place = find_rendezvous(data_dir())
    try:
        connection = attach(place, "control", replace=True)
        started = False
    except DaemonAbsentError:
        connection = connect(place, "control", DAEMON_COMMAND)
        started = True
    with connection:
        ask(connection, "resume")
        pid = connection.daemon.pid
    if as_json:
        streams.document({"pid": pid, "version": connection.daemon.version, "started": started})
    else:
        streams.result(f"{'started' if started else 'running already'}: process {pid}")
    return 0

"""`codeassistd lsp`: the language server, as editors start it."""

from __future__ import annotations

import click

from ..settings_loading import data_dir
from .interrupts import Stopped
from .options import ExampleCommand, shared, shared_options
from .session import configure_logging


@click.command(
    "lsp",
    short_help="Serve an editor over standard input and output.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd lsp", "what an editor's configuration names as the server's command"),
        ("codeassistd lsp --standalone", "without a daemon, in this process alone"),
    ),
)
@click.option("--standalone", is_flag=True, help="Serve from this process instead of the daemon.")
@shared_options
@click.pass_context
def command(context: click.Context, *, standalone: bool) -> int:
    """Speak the language server protocol on standard input and output.

    Messages are passed on to the daemon, which all editors share and which is started when it is needed.
    When the daemon dies, it is started again and told what the editor has open.
    """
    options = shared(context)
    configure_logging(options)
    if standalone:
        return _serve_alone()
    from ..process.forwarder import forward
    from ..process.program import DAEMON_COMMAND
    from ..process.rendezvous import find_rendezvous

    try:
        forward(find_rendezvous(data_dir()), DAEMON_COMMAND, 0, 1)
    except Stopped as stopped:
        # Editors end it with a signal, and show what it says as an error.
        return stopped.exit_code
    return 0


def _serve_alone() -> int:
    import asyncio

    from ...lsp.stdio import serve_stdio
    from ..composition import daemon_service

    service = daemon_service(data_dir())
    service.sessions = lambda: 1
    try:
        return asyncio.run(serve_stdio(service.for_session()))
    finally:
        service.close()

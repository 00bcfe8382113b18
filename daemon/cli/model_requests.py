"""What `embed` and `rerank` share: letting the daemon's models do it, which are loaded already."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from ..settings_loading import data_dir

if TYPE_CHECKING:
    from ..model_client import ModelClient
    from .streams import Streams

_T = TypeVar("_T")

MOST_PASSAGES = 10_000
"""As many as the daemon takes at once."""

no_daemon_option = click.option(
    "--no-daemon", is_flag=True, help="Load the model in this process although the daemon runs."
)


def asked_of_daemon(streams: Streams, ask: Callable[[ModelClient], _T]) -> _T | None:
    """Ask the daemon for something.

    Args:
        streams: Where a daemon that can't be used is remarked on.
        ask: What to ask of its models.

    Returns:
        What it gave; None when none runs, or none that can be used.

    Raises:
        CodeassistdError: Its models can't be used.
    """
    from ..model_client import models_at_daemon
    from ..process.errors import ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError

    try:
        with models_at_daemon(data_dir()) as models:
            return None if models is None else ask(models)
    except (ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError) as error:
        streams.warning(f"{error.message}; loading the model in this process")
        return None

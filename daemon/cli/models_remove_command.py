"""`codeassistd models remove`: deletes pulled models."""

from __future__ import annotations

import click

from ...models.errors import CodeassistdError, UsageError
from ..model_files import model_inventory, model_store
from ..settings_loading import data_dir
from .models_naming import named
from .options import ExampleCommand, shared, shared_options
from .sizes import byte_count
from .streams import open_streams
from .terminal_text import safe_line


@click.command(
    "remove",
    cls=ExampleCommand,
    examples=(
        ("codeassistd models remove CodeRankEmbed", ""),
        ("codeassistd models remove BAAI/bge-small-en-v1.5", ""),
    ),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def remove(context: click.Context, *, names: tuple[str, ...], as_json: bool) -> int:
    """Delete models from this disk, and what was received of unfinished ones.

    Nothing is asked. The model that comes with codeassistd stays.
    """
    streams = open_streams(shared(context).color)
    entries = [named(name, model_inventory(data_dir())) for name in names]
    # Nothing is deleted when one of the names is wrong.
    for entry in entries:
        if entry.state == "built-in":
            raise UsageError(f"{entry.name} comes with codeassistd and stays", "name a model that was pulled")
        if entry.state == "available":
            raise CodeassistdError(
                f"{entry.name} is not installed", "`codeassistd models list` shows which models are"
            )
    removed = []
    for name in dict.fromkeys(entry.name for entry in entries):
        freed = model_store(data_dir()).remove(name)
        removed.append({"name": name, "freed_bytes": freed})
        if not as_json:
            streams.result(safe_line(f"removed {name}: {byte_count(freed)} freed"))
    if as_json:
        streams.document({"removed": removed})
    return 0

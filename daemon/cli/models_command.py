"""`codeassistd models`: which models there are, and fetching, checking and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..model_files import model_inventory
from ..settings_loading import data_dir
from .models_bench_command import bench
from .models_documents import inventory_document
from .models_pull_command import pull
from .models_remove_command import remove
from .models_verify_command import verify
from .options import ExampleCommand, shared, shared_options
from .sizes import byte_count
from .streams import Streams, open_streams
from .terminal_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...models.hub.inventory import InventoryEntry

_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@click.group("models")
@shared_options
def command() -> None:
    """List, pull, check and remove models.

    The network is used by `pull` alone, and by nothing else in codeassistd. The default model comes with
    codeassistd and needs no pull.
    """


@command.command(
    "list",
    cls=ExampleCommand,
    examples=(
        ("codeassistd models list", ""),
        ("codeassistd models list --json | jq '.models[] | select(.state == \"installed\").name'", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def list_models(context: click.Context, *, as_json: bool) -> int:
    """Show the models that are installed and those that can be pulled by name.

    Sizes and memory of models that aren't installed are approximate. "not usable here" are models that can
    be pulled, but that nothing installed here can run: those packed for MLX want codeassistd[mlx].
    """
    streams = open_streams(shared(context).color)
    entries = model_inventory(data_dir())
    if as_json:
        streams.document({"models": [inventory_document(entry) for entry in entries]})
        return 0
    roles = dict.fromkeys(_role(entry) for entry in entries)
    for number, role in enumerate(roles):
        _show_role(streams, role, [entry for entry in entries if _role(entry) == role], is_first=number == 0)
    streams.remark("any OWNER/REPOSITORY of the hub can be pulled, too")
    return 0


def _show_role(streams: Streams, role: str, entries: Sequence[InventoryEntry], *, is_first: bool) -> None:
    bold, dim, reset = (_BOLD, _DIM, _RESET) if streams.out_color else ("", "", "")
    rows = [
        (safe_line(entry.name), _state(entry), _size(entry), _memory(entry), safe_line(_licence(entry)))
        for entry in entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    if not is_first:
        streams.result("")
    streams.result(f"{bold}{role}{reset}")
    for entry, row in zip(entries, rows, strict=True):
        cells = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        streams.result(f"  {cells}".rstrip())
        published = entry.published
        if published is not None:
            facts = f"Languages: {published.languages}. Quality: {published.quality}."
            for line in (published.summary, facts):
                streams.result(f"{dim}      {line}{reset}")


def _role(entry: InventoryEntry) -> str:
    return entry.published.role if entry.published else "pulled by their own name"


def _state(entry: InventoryEntry) -> str:
    words = {
        "built-in": "built in",
        "installed": "installed",
        "unfinished": f"{byte_count(entry.unfinished_bytes)} received",
        "available": "not installed",
    }[entry.state]
    return words if entry.is_usable else f"{words}, not usable here"


def _size(entry: InventoryEntry) -> str:
    if entry.installed is not None:
        return byte_count(entry.installed.manifest.size)
    return byte_count(entry.published.download_bytes) if entry.published else ""


def _memory(entry: InventoryEntry) -> str:
    return f"{entry.published.memory_bytes / 1e9:.1f} GB memory" if entry.published else ""


def _licence(entry: InventoryEntry) -> str:
    if entry.installed is not None and entry.published is None:
        return entry.installed.manifest.licence or "no licence declared"
    return entry.published.licence if entry.published else ""


for subcommand in (bench, pull, verify, remove):
    command.add_command(subcommand)

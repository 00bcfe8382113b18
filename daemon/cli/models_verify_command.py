"""`codeassistd models verify`: hashes the files of models and compares them with what was installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...models.errors import CodeassistdError
from ..model_files import altered_built_in_files, model_inventory
from ..settings_loading import data_dir
from .models_naming import named
from .models_pull_command import TransferProgress
from .options import ExampleCommand, shared, shared_options
from .progress import show_progress
from .streams import Streams, open_streams
from .terminal_text import safe_line

if TYPE_CHECKING:
    from ...models.hub.inventory import InventoryEntry


@click.command(
    "verify",
    cls=ExampleCommand,
    examples=(
        ("codeassistd models verify", "all that are here"),
        ("codeassistd models verify CodeRankEmbed --json", ""),
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@shared_options
@click.pass_context
def verify(context: click.Context, *, names: tuple[str, ...], as_json: bool, quiet: bool) -> int:
    """Read every byte of the models on this disk and compare their checksums.

    Without NAME, all of them. Exit status 1 when a file is missing or altered.
    """
    streams = open_streams(shared(context).color, quiet=quiet)
    entries = model_inventory(data_dir())
    chosen = [named(name, entries) for name in names] or [entry for entry in entries if _is_here(entry)]
    for entry in chosen:
        if not _is_here(entry):
            raise CodeassistdError(
                f"{entry.name} is not installed", f"codeassistd models pull {entry.name} fetches it"
            )
    found = {entry.name: _faults(entry, streams) for entry in chosen}
    if as_json:
        rows = [{"name": name, "ok": not faults, "faults": faults} for name, faults in found.items()]
        streams.document({"models": rows})
    else:
        for name, faults in found.items():
            for fault in faults:
                streams.result(safe_line(f"{name}: {fault}"))
            if not faults:
                streams.result(safe_line(f"{name}: ok"))
    if any(found.values()):
        streams.remark("`codeassistd models pull NAME --force` fetches what is damaged again")
    return 1 if any(found.values()) else 0


def _is_here(entry: InventoryEntry) -> bool:
    return entry.state == "built-in" or entry.installed is not None


def _faults(entry: InventoryEntry, streams: Streams) -> list[str]:
    from ...models.hub.store import faults

    if entry.installed is None:
        fault = altered_built_in_files()
        return [fault] if fault else []
    total, done = entry.installed.manifest.size, 0
    with show_progress(streams) as show:

        def progress(count: int) -> None:
            nonlocal done
            done += count
            show(TransferProgress("check", done, total, entry.name))

        return faults(entry.installed, progress)

"""`codeassistd status`: the workspace's index, how fresh it is, and the model it is made with."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from ... import __version__
from ..status import resident_bytes, workspace_status
from .options import ExampleCommand, shared, shared_options
from .progress import duration
from .session import Session, open_session
from .terminal_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..status import WorkspaceStatus


@click.command(
    "status",
    short_help="Show the state of the index.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd status", ""),
        ("codeassistd status --json | jq '.workspaces[0].state'", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> int:
    """Show the state of the workspace's index, without changing it.

    "stale" means that files have changed since it was made; a search brings it up to date by itself.
    """
    session = open_session(shared(context))
    status = workspace_status(session.composition)
    if as_json:
        session.streams.document(_document(session, status))
        return 0
    rows = _rows(status)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        session.streams.result(f"{name:<{width}}  {safe_line(value)}")
    for error in status.errors:
        session.streams.warning(error)
    return 0


def _document(session: Session, status: WorkspaceStatus) -> dict[str, object]:
    found, drift = status.description, status.drift
    workspace: dict[str, object] = {
        "root": str(status.root),
        "state": status.state,
        "revision": found.revision if found else None,
        "files": found.files if found else 0,
        "chunks": found.chunks if found else 0,
        "embedded": found.embedded if found else 0,
        "pending": found.chunks - found.embedded if found else 0,
        "skipped": dict(found.skipped) if found else {},
        "freshness": {"changed": drift.changed, "removed": drift.removed} if drift else None,
        "model": found.model if found else "",
        "updated_at": found.updated_at if found else None,
        "disk_bytes": found.disk_bytes if found else 0,
        "index": str(found.folder) if found else None,
        "writer": status.writer or None,
    }
    embedder = session.composition.embedder
    return {
        "version": __version__,
        "pid": os.getpid(),
        "daemon": False,
        "data_dir": str(session.composition.data_dir),
        "workspaces": [workspace],
        "models": [
            {
                "id": embedder.identity.id,
                "name": embedder.identity.name,
                "role": "embed",
                "dimensions": embedder.identity.dimensions,
                "engine": session.settings.model.engine,
                "loaded": False,
            }
        ],
        "memory": {"peak_bytes": resident_bytes()},
        "errors": list(status.errors),
    }


def _rows(status: WorkspaceStatus) -> list[tuple[str, str]]:
    rows = [("workspace", str(status.root)), ("state", _state(status))]
    found = status.description
    if found is not None and found.revision is not None:
        share = found.embedded / found.chunks if found.chunks else 1.0
        rows += [
            ("revision", f"{found.revision}, {_age(found.updated_at)}"),
            ("files", f"{found.files:,}{_skipped(found.skipped)}"),
            ("chunks", f"{found.chunks:,}, {share:.0%} with vectors"),
            ("model", found.model),
            ("disk", f"{found.disk_bytes / 1e6:,.1f} MB in {found.folder}"),
        ]
    if status.writer:
        rows.append(("writer", status.writer))
    return rows


_STATES = {
    "missing": "not indexed yet; run `codeassistd index`",
    "unreadable": "can't be read; run `codeassistd doctor`",
    "damaged": "damaged; run `codeassistd index` to build it anew",
    "embedding": "searchable by words and names; run `codeassistd index` to embed the rest",
    "ready": "up to date",
}


def _state(status: WorkspaceStatus) -> str:
    if status.state != "stale":
        return _STATES[status.state]
    if status.drift is not None and (status.drift.changed or status.drift.removed):
        return f"stale: {status.drift.changed:,} files changed, {status.drift.removed:,} removed"
    return "stale: the last run did not finish; run `codeassistd index`"


def _skipped(skipped: Mapping[str, int]) -> str:
    if not skipped:
        return ""
    reasons = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(skipped.items()))
    return f" ({reasons} left out)"


def _age(updated_at: float | None) -> str:
    if updated_at is None:
        return "never updated"
    return f"updated {duration(max(time.time() - updated_at, 0.0))} ago"

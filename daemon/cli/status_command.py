"""`codeassistd status`: the workspace's index, how fresh it is, and the model it is made with."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from ... import __version__
from ...models.errors import CodeassistdError
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
    """Show the state of the workspace's index and of the daemon, without changing either.

    "stale" means that files have changed since the index was made; a search brings it up to date by
    itself, and the daemon does so all the time.
    """
    # Looking does no harm anywhere, and the daemon may be asked after from the home folder.
    session = open_session(shared(context), force=True)
    status = workspace_status(session.composition)
    daemon, trouble = _daemon_status(session)
    if as_json:
        session.streams.document(_document(session, status, daemon, trouble))
        return 0
    rows = _rows(status) + _daemon_rows(daemon, status, trouble)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        session.streams.result(f"{name:<{width}}  {safe_line(value)}")
    for error in status.errors:
        session.streams.warning(error)
    return 0


def _daemon_status(session: Session) -> tuple[Mapping[str, Any] | None, str]:
    """What the daemon says of itself, if one runs, and why it says nothing although it should."""
    from ..process.connecting import attach
    from ..process.control import ask
    from ..process.errors import DaemonAbsentError
    from ..process.rendezvous import find_rendezvous

    try:
        with attach(find_rendezvous(session.composition.data_dir), "control") as connection:
            return ask(connection, "status"), ""
    except DaemonAbsentError:
        return None, ""
    except CodeassistdError as error:
        return None, error.message


def _document(
    session: Session, status: WorkspaceStatus, daemon: Mapping[str, Any] | None, trouble: str
) -> dict[str, object]:
    workspace = _workspace_document(status)
    document = _own_document(session, status, workspace, trouble)
    if daemon is None:
        return document
    own: Mapping[str, Any] = {}
    others: list[Mapping[str, Any]] = []
    for entry in daemon["workspaces"]:
        if entry["root"] == workspace["root"]:
            own = entry
        else:
            others.append(entry)
    return {
        **document,
        **{key: daemon[key] for key in ("version", "pid", "uptime", "sessions", "errors")},
        "daemon": True,
        "workspaces": [{**workspace, **own}, *others],
        "models": [
            {**_model_document(session), **model, "loaded": model["state"] == "loaded"}
            for model in daemon["models"]
        ],
        "memory": {"resident_bytes": daemon["memory"]},
    }


def _workspace_document(status: WorkspaceStatus) -> dict[str, object]:
    found, drift = status.description, status.drift
    agrees = drift is not None and not (drift.changed or drift.removed)
    return {
        "root": str(status.root),
        "state": status.state,
        "revision": found.revision if found else None,
        "files": found.files if found else 0,
        "chunks": found.chunks if found else 0,
        "embedded": found.embedded if found else 0,
        "pending": found.chunks - found.embedded if found else 0,
        "skipped": dict(found.skipped) if found else {},
        "freshness": 0.0 if agrees else None,
        "drift": {"changed": drift.changed, "removed": drift.removed} if drift else None,
        "model": found.model if found else "",
        "updated_at": found.updated_at if found else None,
        "disk_bytes": found.disk_bytes if found else 0,
        "index": str(found.folder) if found else None,
        "writer": status.writer or None,
    }


def _own_document(
    session: Session, status: WorkspaceStatus, workspace: dict[str, object], trouble: str
) -> dict[str, object]:
    return {
        "version": __version__,
        "pid": os.getpid(),
        "daemon": False,
        "data_dir": str(session.composition.data_dir),
        "workspaces": [workspace],
        "models": [_model_document(session)],
        "memory": {"peak_bytes": resident_bytes()},
        "errors": [*status.errors, *([trouble] if trouble else [])],
    }


def _model_document(session: Session) -> dict[str, object]:
    identity = session.composition.embedder.identity
    return {
        "id": identity.id,
        "name": identity.name,
        "role": "embed",
        "dimensions": identity.dimensions,
        "engine": session.settings.model.engine,
        "loaded": False,
    }


def _daemon_rows(
    daemon: Mapping[str, Any] | None, status: WorkspaceStatus, trouble: str
) -> list[tuple[str, str]]:
    if daemon is None:
        return [("daemon", trouble or "not running; editors start it, and `codeassistd start` does")]
    has = f"{daemon['sessions']} sessions, {len(daemon['workspaces'])} workspaces"
    uses = f"{daemon['memory'] / 1e6:,.0f} MB, up {duration(daemon['uptime'])}"
    rows = [("daemon", f"process {daemon['pid']}, {has}, {uses}")]
    for workspace in daemon["workspaces"]:
        if workspace["root"] == str(status.root):
            pending = f", {workspace['pending']:,} chunks to embed" if workspace["pending"] else ""
            problem = f"; {workspace['problem']}" if workspace["problem"] else ""
            rows.append(("watching", f"{workspace['watch']}, {workspace['state']}{pending}{problem}"))
    rows += [
        ("also open", f"{workspace['root']}, {workspace['state']}")
        for workspace in daemon["workspaces"]
        if workspace["root"] != str(status.root)
    ]
    rows += [row for model in daemon["models"] for row in _model_rows(model)]
    rows += [("last error", error) for error in daemon["errors"][:1]]
    return rows


def _model_rows(model: Mapping[str, Any]) -> list[tuple[str, str]]:
    engine = f": {model['engine']}" if model["engine"] else ""
    rows = [(f"{model['role']} model", f"{model['name']}, {model['state']}{engine}")]
    if model["uses"]:
        counts = f"{model['uses']:,} requests, {model['texts']:,} texts"
        if model["tokens"] is not None:
            counts += f", {model['tokens']:,} tokens in {model['computing_seconds']:,.1f} s"
        if model["queued"]:
            counts += f", {model['queued']:,} waiting"
        errors = f"{model['errors']:,} errors" + (f"; {model['problem']}" if model["problem"] else "")
        memory = f"{model['memory'] / 1e6:,.0f} MB, " if model["memory"] else ""
        rows.append(("  has had", f"{counts}, {memory}{errors}"))
    return rows


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

"""`codeassistd index`: brings the index of a workspace up to date."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...indexer.workspace import find_root
from ...models.errors import UsageError
from .documents import update_document
from .interrupts import StopRequest, stop_when_consistent
from .options import ExampleCommand, SharedOptions, shared, shared_options
from .progress import duration, show_progress
from .session import Session, open_session

if TYPE_CHECKING:
    from ...indexer.pipeline.report import UpdateReport

_UNREADABLE_SHOWN = 5


@click.command(
    "index",
    cls=ExampleCommand,
    examples=(
        ("codeassistd index", "the repository you are in"),
        ("codeassistd index ~/src/project", "another one"),
        ("codeassistd index --full", "read everything again"),
        ("codeassistd index --json", "a report for scripts"),
    ),
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="Read every file again instead of only what changed.")
@click.option("--no-daemon", is_flag=True, help="Work in this process although the daemon runs.")
@click.option(
    "--force", is_flag=True, help="Accept the home folder or the root of the file system; no daemon does."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
@shared_options
@click.pass_context
def command(
    context: click.Context,
    *,
    path: Path | None,
    full: bool,
    no_daemon: bool,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Bring the index of a workspace up to date.

    PATH is the workspace; without it, the nearest parent of the current folder with .git or
    codeassistd.toml. Only what changed is read, and nothing is written into the workspace. The daemon
    does it when it runs. Ctrl-C keeps what is done; the next run goes on from there.
    """
    options = shared(context)
    _check_one_workspace(path, options)
    session = open_session(options, path=path, force=force, quiet=quiet)
    if path is not None:
        _remark_on_parent(session)
    began = time.monotonic()
    report = None
    if not (no_daemon or force or session.has_own_settings):
        report = _indexed_by_daemon(session, full=full)
    stop: StopRequest | None = None
    if report is None:
        report, stop = _indexed_here(session, full=full)
    if as_json:
        session.streams.document(update_document(report))
    _remark_on_report(session, report, time.monotonic() - began)
    if stop is not None:
        stop.raise_if_set()
    return 0


_STOPPING = "stopping when the index is consistent; once more to stop at once"
_LEAVING = "not waiting any longer; the daemon goes on indexing"


def _indexed_here(session: Session, *, full: bool) -> tuple[UpdateReport, StopRequest]:
    from ...models.numpy_import import import_on_one_thread

    import_on_one_thread()
    from ...indexer.store.locking import IndexBusyError

    with (
        stop_when_consistent(lambda: session.streams.warning(_STOPPING)) as stop,
        show_progress(session.streams) as progress,
    ):
        index = session.composition.open_index(quick_start=True)
        try:
            return index.update(full=full, progress=progress, cancelled=stop), stop
        except IndexBusyError:
            stop.raise_if_set()  # the wait was broken off
            raise


def _indexed_by_daemon(session: Session, *, full: bool) -> UpdateReport | None:
    """Let the daemon do it; None when there is none, or it went away."""
    from ..process.errors import ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError
    from ..process.rpc_client import RpcError
    from ..workspace_client import open_at_daemon

    streams = session.streams
    with stop_when_consistent(lambda: streams.warning(_LEAVING)) as stop:
        try:
            with (
                open_at_daemon(session.workspace.root, session.composition.data_dir) as client,
                show_progress(streams) as progress,
            ):
                if client is None:
                    return None
                report = client.index(full=full, progress=progress, cancelled=stop)
        except RpcError:
            stop.raise_if_set()
            raise
        except (ConnectionLostError, DaemonRefusedError, DaemonUnresponsiveError) as error:
            stop.raise_if_set()
            streams.warning(f"{error.message}; indexing without it")
            return None
    stop.raise_if_set()
    return report


def summary(report: UpdateReport, seconds: float) -> str:
    """What an update did, in one line."""
    parts = [f"{report.chunks_embedded:,} embedded", f"{report.chunks_reused:,} reused"]
    if report.chunks_pending:
        parts.append(f"{report.chunks_pending:,} without vectors yet")
    files = f"{report.files_indexed:,} of {report.files_seen:,} files"
    if report.files_removed:
        files += f", removed {report.files_removed:,}"
    return f"indexed {files}; {report.chunks_total:,} chunks ({', '.join(parts)}) in {duration(seconds)}"


def _check_one_workspace(path: Path | None, options: SharedOptions) -> None:
    if path is not None and options.workspace is not None and path != options.workspace:
        raise UsageError("both PATH and --workspace are given, and they differ", "give one of them")


def _remark_on_parent(session: Session) -> None:
    root = session.workspace.root
    whole = find_root(root)
    if whole != root:
        session.streams.remark(
            f"{root} is part of {whole}: searches started inside it look in the index of {whole}"
        )


def _remark_on_report(session: Session, report: UpdateReport, seconds: float) -> None:
    streams = session.streams
    if report.rebuilt:
        streams.warning(f"the index was built anew: {report.rebuilt}")
    for path in report.unreadable[:_UNREADABLE_SHOWN]:
        streams.warning(f"cannot read {path}")
    if len(report.unreadable) > _UNREADABLE_SHOWN:
        streams.warning(f"… and {len(report.unreadable) - _UNREADABLE_SHOWN:,} more files cannot be read")
    if report.skipped and session.verbose:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(report.skipped.items()))
        streams.remark(f"skipped: {reasons}")
    streams.remark(summary(report, seconds))
    if report.cancelled:
        streams.warning("stopped before the end; the index is consistent, and the next run goes on from here")

"""`codeassistd doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import click

from ...indexer.workspace import Workspace, open_workspace
from ...models.errors import CodeassistdError
from ..composition import Composition
from ..doctor import Check, Patient, examine, worst
from ..settings_loading import LoadedSettings, data_dir, read_settings
from ..settings_sources import Problem
from .options import ExampleCommand, SharedOptions, shared, shared_options
from .session import configure_logging
from .streams import Streams, open_streams
from .terminal_text import safe_line

_COLORS = {"ok": "\x1b[32m", "warn": "\x1b[33m", "fail": "\x1b[1;31m"}
_RESET = "\x1b[0m"


@click.command(
    "doctor",
    short_help="Check the installation and say how to mend it.",
    cls=ExampleCommand,
    examples=(
        ("codeassistd doctor", ""),
        ("codeassistd doctor --json", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> int:
    """Check the installation, the model, the settings and the index of the workspace.

    Each line is ok, warn or fail, with what to do about it. Exit status 1 when something fails.
    """
    options = shared(context)
    configure_logging(options)
    streams = open_streams(options.color)
    checks = examine(_patient(options))
    verdict = worst(checks)
    if as_json:
        documents = [
            {"name": check.name, "level": check.level, "message": check.message, "remedy": check.remedy}
            for check in checks
        ]
        streams.document({"verdict": verdict, "checks": documents})
    else:
        _show(streams, checks)
    return 1 if verdict == "fail" else 0


def _show(streams: Streams, checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        level = f"{check.level:<4}"
        if streams.out_color:
            level = f"{_COLORS[check.level]}{level}{_RESET}"
        streams.result(f"{level}  {check.name:<{width}}  {safe_line(check.message)}")
        if check.remedy:
            streams.result(f"{'':4}  {'':<{width}}  -> {safe_line(check.remedy)}")


def _patient(options: SharedOptions) -> Patient:
    workspace, problem = _workspace(options.workspace)
    root = workspace.root if workspace else None
    try:
        settings = read_settings(root, options.overrides)
    except CodeassistdError as error:
        settings = LoadedSettings(
            read_settings(None, environ={}).settings, (), (Problem(error.message, error.hint),)
        )
    composition = Composition(workspace, settings.settings, data_dir()) if workspace else None
    return Patient(composition, problem, settings, data_dir())


def _workspace(path: Path | None) -> tuple[Workspace | None, Check | None]:
    try:
        return open_workspace(path), None
    except CodeassistdError as error:
        return None, Check("workspace", "warn", error.message, error.hint)

"""`codeassistd config`: shows the settings in force and where each came from, and checks settings files."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from ...indexer.workspace import SETTINGS_FILE, open_workspace
from ...models.errors import CodeassistdError
from ..settings_loading import data_dir, describe_settings, raise_first, read_settings, user_file
from ..settings_sources import Problem, Scope, read_file
from .options import ExampleCommand, SharedOptions, shared, shared_options
from .streams import Streams, open_streams
from .terminal_text import safe_line


@click.group("config")
@shared_options
def command() -> None:
    """Show the settings in force, or check settings files.

    Later ones win: built-in defaults, your own file, the workspace's codeassistd.toml (which may set
    only what is indexed), environment variables such as CODEASSISTD_SEARCH_LIMIT, and --set.
    """


@command.command(
    "show",
    cls=ExampleCommand,
    examples=(
        ("codeassistd config show", ""),
        ("codeassistd config show --json | jq '.settings[] | select(.source != \"default\")'", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON document to standard output.")
@shared_options
@click.pass_context
def show(context: click.Context, *, as_json: bool) -> int:
    """Show every setting, its value and where that came from."""
    options = shared(context)
    streams = open_streams(options.color)
    root = _root(options)
    loaded = read_settings(root, options.overrides)
    raise_first(loaded.problems)
    rows = describe_settings(loaded.settings)
    own = user_file()
    if as_json:
        streams.document(
            {
                "workspace": str(root) if root else None,
                "user_file": str(own),
                "files": [str(file) for file in loaded.files],
                "data_dir": str(data_dir()),
                "settings": rows,
            }
        )
        return 0
    streams.remark(f"your settings file: {own}{'' if own.exists() else ' (none yet)'}")
    streams.remark(f"data directory: {data_dir()}")
    shown = [(str(row["key"]), _toml(row["value"]), str(row["source"])) for row in rows]
    key_width, value_width = (max(len(row[column]) for row in shown) for column in (0, 1))
    for key, value, source in shown:
        streams.result(safe_line(f"{key:<{key_width}} = {value:<{value_width}}  # {source}"))
    return 0


@command.command(
    "check",
    cls=ExampleCommand,
    examples=(
        ("codeassistd config check", ""),
        ("codeassistd config check codeassistd.toml", ""),
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@shared_options
@click.pass_context
def check(context: click.Context, *, file: Path | None) -> int:
    """Check FILE, or every source of settings that applies here.

    A file named codeassistd.toml is checked as a workspace's, any other as your own. Exit status 1
    when something is wrong.
    """
    options = shared(context)
    streams = open_streams(options.color)
    if file is not None:
        scope: Scope = "workspace" if file.name == SETTINGS_FILE else "user"
        problems = tuple(read_file(file, scope, user_file()).problems)
        checked = [str(file)]
    else:
        loaded = read_settings(_root(options), options.overrides)
        problems = loaded.problems
        checked = [str(path) for path in loaded.files] or ["no settings file, only defaults and environment"]
    return _verdict(streams, checked, problems)


def _verdict(streams: Streams, checked: list[str], problems: tuple[Problem, ...]) -> int:
    for problem in problems:
        streams.error(problem.message, problem.hint)
    if not problems:
        streams.result(safe_line(f"ok: {', '.join(checked)}"))
    return 1 if problems else 0


def _root(options: SharedOptions) -> Path | None:
    """The workspace; none is needed to show settings, unless one was named."""
    try:
        return open_workspace(options.workspace, force=True).root
    except CodeassistdError:
        if options.workspace is not None:
            raise
        return None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in cast("list[object]", value)) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value:_}" if isinstance(value, int) else str(value)

"""Files of the workspace as the command line names them, and parts of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...indexer.walk.bounded_read import read_below
from ...models.errors import UsageError

if TYPE_CHECKING:
    from ...indexer.workspace import Workspace

_LINES = re.compile(r"(?P<path>.+?)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?")
_PLACE = re.compile(r"(?P<path>.+):(?P<line>\d+):(?P<column>\d+)")
_MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a file.

    Attributes:
        path: POSIX path relative to the workspace.
        text: The whole file.
        start: Where the part begins, in characters.
        end: Where it ends, exclusive.
    """

    path: str
    text: str
    start: int
    end: int


def read_excerpt(named: str, workspace: Workspace) -> Excerpt:
    """Read "PATH", "PATH:LINE" or "PATH:LINE-LINE".

    Raises:
        UsageError: There is no such file or no such line.
    """
    match = _LINES.fullmatch(named)
    if match is None:
        raise UsageError(f"{named!r} is not PATH[:START[-END]]", "for instance src/app.py:40-62")
    path = workspace_path(match["path"], workspace)
    text = _text(path, workspace)
    if match["first"] is None:
        return Excerpt(path, text, 0, len(text))
    first = int(match["first"])
    last = int(match["last"] or first)
    lines = _lines(text)
    if not 1 <= first <= last or first > len(lines):
        raise UsageError(
            f"{named!r} is no range of lines", f"lines count from 1, and {path} has {len(lines):,}"
        )
    before = sum(map(len, lines[: first - 1]))
    return Excerpt(path, text, before, before + sum(map(len, lines[first - 1 : last])))


def read_place(named: str, workspace: Workspace) -> Excerpt:
    """Read "PATH:LINE:COLUMN", an empty part where the column's character begins.

    Raises:
        UsageError: There is no such file or no such place.
    """
    match = _PLACE.fullmatch(named)
    if match is None:
        raise UsageError(f"{named!r} is not PATH:LINE:COLUMN", "for instance src/app.py:40:5")
    path = workspace_path(match["path"], workspace)
    text = _text(path, workspace)
    line, column = int(match["line"]), int(match["column"])
    lines = [*_lines(text), ""] if text.endswith("\n") or not text else _lines(text)
    if not 1 <= line <= len(lines):
        raise UsageError(
            f"{named!r} is no place in the file", f"lines count from 1, and {path} has {len(lines):,}"
        )
    width = len(lines[line - 1].rstrip("\r\n"))
    if not 1 <= column <= width + 1:
        raise UsageError(
            f"{named!r} is no place in the file",
            f"columns count from 1, and line {line} has {width:,} characters",
        )
    offset = sum(map(len, lines[: line - 1])) + column - 1
    return Excerpt(path, text, offset, offset)


def _lines(text: str) -> list[str]:
    """The lines with their ends; a line feed alone ends one, as everywhere here."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _text(path: str, workspace: Workspace) -> str:
    content = read_below(workspace.root, path, max_bytes=_MAX_BYTES)
    if content is None:
        raise UsageError(f"{path} can't be read, or is larger than 10 MB", "name another file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text", "name a source file") from None


def workspace_path(path: str, workspace: Workspace) -> str:
    """The POSIX path, relative to the workspace, of a file named from the current folder.

    Raises:
        UsageError: There is no such file, or it is not in the workspace.
    """
    given = Path(path).expanduser()
    # Results are printed relative to the workspace when it is not around the current folder.
    file = given if given.is_absolute() or given.exists() else workspace.root / given
    try:
        real = file.resolve(strict=True)
        is_file = real.is_file()
    except (OSError, RuntimeError, ValueError):
        is_file = False
    if not is_file:
        raise UsageError(f"no such file: {path}", "name a file of the workspace")
    if not real.is_relative_to(workspace.root):
        raise UsageError(
            f"{path} is not in the workspace {workspace.root}", "name its workspace with --workspace"
        )
    return real.relative_to(workspace.root).as_posix()


def current_folder(otherwise: Path) -> Path:
    """The folder that paths are shown relative to; `otherwise` when it is gone."""
    try:
        return Path.cwd().resolve()
    except OSError:  # it was deleted
        return otherwise

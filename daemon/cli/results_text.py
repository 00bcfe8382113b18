"""Search results for people: a clickable heading and the first lines of each, plain or highlighted."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .terminal_text import clipped, safe_line

if TYPE_CHECKING:
    from ...indexer.search.request import SearchResult

DEFAULT_LINES = 8
_PLAIN_LINE_WIDTH = 200
_LEXERS = {"tsx": "tsx", "csharp": "csharp", "cpp": "cpp", "text": "text", "unknown": "text"}
_THEME = "ansi_dark"


@dataclass(frozen=True, slots=True)
class ResultStyle:
    """How results are shown.

    Attributes:
        root: The workspace, which paths are relative to.
        current: The current folder, which shown paths are relative to where it lies in the workspace.
        lines: Lines of snippet a result gets.
        explain: Whether to show how each score came about.
        width: Columns of the terminal.
        links: Whether headings are hyperlinks (on a terminal).
    """

    root: Path
    current: Path
    lines: int = DEFAULT_LINES
    explain: bool = False
    width: int = 100
    links: bool = False


def plain_results(results: Sequence[SearchResult], style: ResultStyle) -> str:
    """Results without colour: headings start their line, snippets are indented.

    Args:
        results: Best first.
        style: How.

    Returns:
        Lines without a trailing line break; a blank line between results.
    """
    return "\n\n".join("\n".join(_plain(result, style)) for result in results)


def colored_results(results: Sequence[SearchResult], style: ResultStyle) -> str:
    """Results with colour, highlighting and, if wanted, hyperlinks.

    Args:
        results: Best first.
        style: How.

    Returns:
        Lines with ANSI escapes, without a trailing line break.
    """
    from rich.console import Console
    from rich.syntax import Syntax
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(
        file=buffer, force_terminal=True, color_system="256", width=max(style.width, 20), legacy_windows=False
    )
    for number, result in enumerate(results):
        if number:
            console.print()
        heading = Text(overflow="fold")
        link = f" link {(style.root / result.path).as_uri()}" if style.links else ""
        heading.append(_place(result, style), style=f"bold magenta{link}")
        heading.append(f"  {safe_line(result.symbol)}" if result.symbol else "", style="bold")
        heading.append(f"  {result.kind}", style="cyan")
        heading.append(f"  {result.score:.3f}", style="dim")
        console.print(heading, highlight=False)
        if style.explain:
            console.print(Text(f"  {_explanation(result)}", style="dim"), highlight=False)
        shown, left = _snippet(result, style.lines)
        if shown:
            console.print(
                Syntax(
                    "\n".join(shown),
                    _LEXERS.get(result.language, result.language),
                    theme=_THEME,
                    line_numbers=True,
                    start_line=result.start_line,
                    background_color="default",
                )
            )
        if left:
            console.print(Text(f"  … {_more(left)}", style="dim"), highlight=False)
    return "\n".join(line.rstrip(" ") for line in buffer.getvalue().rstrip("\n").split("\n"))


def shown_path(path: str, style: ResultStyle) -> str:
    """A workspace path as it can be opened from the current folder."""
    full = style.root / path
    if style.current == style.root:
        return safe_line(path)
    if style.current.is_relative_to(style.root):
        return safe_line(os.path.relpath(full, style.current))
    return safe_line(str(full))


def _plain(result: SearchResult, style: ResultStyle) -> list[str]:
    symbol = f"  {safe_line(result.symbol)}" if result.symbol else ""
    lines = [f"{_place(result, style)}{symbol}  [{result.kind}]  {result.score:.3f}"]
    if style.explain:
        lines.append(f"    {_explanation(result)}")
    shown, left = _snippet(result, style.lines)
    margin = len(str(result.start_line + max(len(shown) - 1, 0)))
    for number, line in enumerate(shown, start=result.start_line):
        lines.append(f"    {number:>{margin}}  {clipped(line, _PLAIN_LINE_WIDTH)}".rstrip())
    if left:
        lines.append(f"    … {_more(left)}")
    return lines


def _place(result: SearchResult, style: ResultStyle) -> str:
    return f"{shown_path(result.path, style)}:{result.start_line}-{result.end_line}"


def _snippet(result: SearchResult, limit: int) -> tuple[list[str], int]:
    lines = [safe_line(line.removesuffix("\r")) for line in result.text.split("\n")]
    shown = lines[:limit]
    while shown and not shown[-1].strip():
        shown.pop()
    return shown, (len(lines) - limit if limit and len(lines) > limit else 0)


def _more(lines: int) -> str:
    return "1 more line" if lines == 1 else f"{lines:,} more lines"


def _explanation(result: SearchResult) -> str:
    return "  ".join(f"{safe_line(name)} {value:.4g}" for name, value in result.scores.items())

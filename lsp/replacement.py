"""Text that a model wrote, made to fit the lines it takes the place of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scope import indent_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def line_end_of(rows: Sequence[str]) -> str:
    """How a document ends its lines: as its first line does."""
    return "\r\n" if rows and rows[0].endswith("\r\n") else "\n"


def fitted(text: str, indent: str, line_end: str) -> str:
    """Lines as they stand in a document.

    Args:
        text: What was written; blank lines around it are dropped.
        indent: White space that its first line shall begin with; the others keep their places relative to it.
        line_end: What ends each line.

    Returns:
        Whole lines.
    """
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = [row.rstrip() for row in rows]
    while rows and not rows[0]:
        del rows[0]
    while rows and not rows[-1]:
        rows.pop()
    return "".join(row + line_end for row in _indented(rows, indent))


def _indented(rows: list[str], indent: str) -> list[str]:
    if not rows or indent_of(rows[0]) == indent:
        return rows
    own = indent_of(rows[0])
    others = [row for row in rows[1:] if row]
    if not own and others and all(row.startswith(indent) for row in others):
        # It was written from where the first line's text begins.
        return [indent + rows[0], *rows[1:]]
    moved = []
    for row in rows:
        if row.startswith(own):
            moved.append(indent + row[len(own) :])
        else:
            # Less indented than the first line: as far to the left as may be.
            moved.append(indent + row.lstrip(" \t") if row else row)
    return [row.rstrip() for row in moved]

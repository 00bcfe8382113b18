"""Text that a model wrote, made to fit the lines it takes the place of. Pure."""

from __future__ import annotations


def line_end_of(text: str) -> str:
    """How a text ends its lines: as it ends its first one."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def indent_of(row: str) -> str:
    """The white space that a line begins with."""
    return row[: len(row) - len(row.lstrip(" \t"))]


def fitted(text: str, indent: str, line_end: str) -> str:
    """Lines as they stand in a document.

    Args:
        text: What was written; blank lines around it are dropped.
        indent: White space that its first line shall begin with; the others keep their places relative to it.
        line_end: What ends each line.

    Returns:
        Whole lines.
    """
    rows = [row.rstrip() for row in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
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
        # It was written from where the first line's text begins; or it is a block, as far to the left as may
        # be, whose body happens to be as deep as its header shall be.
        opens = rows[0].endswith((":", "{", "(", "[", "=>", "->", "=", " do", " then"))
        if not opens or indent_of(others[0]) != indent:
            return [indent + rows[0], *rows[1:]]
    # Less indented than the first line: as far to the left as may be.
    bare = (row[len(own) :] if row.startswith(own) else row.lstrip(" \t") for row in rows)
    return [indent + row if row else row for row in bare]

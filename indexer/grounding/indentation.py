"""Where blocks begin and end, told by indentation: right for half-typed code, in every language. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAB = 4
_HEADER_ROWS = 12
_MOST_ROWS = 3_000
_COMMENT = re.compile(r"\s*(?://|#(?!\s*(?:define|include|if|endif|else)\b)|/?\*|--|;|%)")
_ATTRIBUTE = re.compile(r"\s*(?:@\w|#!?\[|\[\w[^\]]*\]\s*$)")
_CLOSER = re.compile(r"\s*(?:[\])}]|(?:end|endif|endfunction|done|fi|esac)\b)")
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|(?:#|//).*")


def indent_of(row: str) -> int:
    """The column of the first character that is no white space; a tab counts as 4."""
    blank = row[: len(row) - len(row.lstrip())]
    return len(blank) + (_TAB - 1) * blank.count("\t")


def is_comment(row: str) -> bool:
    """Whether a row is a comment, as far as its beginning tells."""
    return _COMMENT.match(row) is not None and not _ATTRIBUTE.match(row)


def is_attribute(row: str) -> bool:
    """Whether a row is a decorator, an annotation or an attribute."""
    return _ATTRIBUTE.match(row) is not None


def is_closer(row: str) -> bool:
    """Whether a row begins with what ends a block or an argument list."""
    return _CLOSER.match(row) is not None


def header_end(rows: Sequence[str], row: int) -> int:
    """The last row of a definition's header: where its brackets close, and a brace of its own opens."""
    depth, last = 0, min(len(rows), row + _HEADER_ROWS) - 1
    for at in range(row, last + 1):
        bare = _TEXT.sub("", rows[at][:500])
        depth += bare.count("(") + bare.count("[") - bare.count(")") - bare.count("]")
        if depth <= 0:
            return at + 1 if at < last and rows[at + 1].strip() == "{" else at
    return row


def block_end(rows: Sequence[str], row: int, head: int | None = None) -> int:
    """The last row of the block whose header begins at a row and ends at `head`; 0-based as all rows."""
    own, last = indent_of(rows[row]), header_end(rows, row) if head is None else head
    for at in range(last + 1, min(len(rows), row + _MOST_ROWS)):
        line = rows[at]
        if not line.strip():
            continue
        if indent_of(line) > own:
            last = at
        elif indent_of(line) == own and is_closer(line):
            return at
        else:
            break
    return last


def lead_start(rows: Sequence[str], row: int, most: int = 30) -> int:
    """The first row of the comments and attributes right above a row, of the same indentation."""
    own, at = indent_of(rows[row]), row
    while at > 0 and row - at < most and rows[at - 1].strip():
        above = rows[at - 1]
        star = above.lstrip().startswith("*")
        if not (is_comment(above) or is_attribute(above)) or (indent_of(above) != own and not star):
            break
        at -= 1
    return at


def enclosing_rows(rows: Sequence[str], row: int, indent: int, reach: int = _MOST_ROWS) -> list[int]:
    """The rows that begin the blocks around a row, innermost first.

    Args:
        rows: The lines.
        row: Where to start; this row is not among them.
        indent: The indentation there.
        reach: How many rows above are looked at.
    """
    found: list[int] = []
    limit = indent
    for at in range(row - 1, max(-1, row - reach), -1):
        if limit <= 0:
            break
        line = rows[at]
        if not line.strip() or is_comment(line):
            continue
        here = indent_of(line)
        if here >= limit:
            continue
        if is_closer(line) and not line.rstrip().endswith(("{", ":", "=>", "(", "do", "then", "=")):
            limit = here  # the end of a block before this one
            continue
        if is_closer(line) or line.strip() == "{":
            limit = here + 1
            continue
        found.append(at)
        limit = here
    return found

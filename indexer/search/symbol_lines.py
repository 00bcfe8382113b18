"""Where in a chunk each of its definitions stands, told from the text. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .symbol_ranking import split_symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..store.rows import StoredChunk

_COMMENT = re.compile(r"\s*(?://|#(?!\s*define\b)|/?\*|--|;|%|\"\"\"|''')")


def definition_lines(chunk: StoredChunk) -> dict[str, tuple[int, int]]:
    """Find the first and last line of each definition that begins in a chunk.

    A definition begins where its name stands first, comments left aside, below the definition before it; it
    ends where the next one begins that is not inside it.

    Args:
        chunk: The chunk; its definitions are taken in the order it names them.

    Returns:
        Lines by symbol path, 1-based, inclusive. Where a name is not found, the definition has all lines.
    """
    rows = chunk.text.split("\n")
    begins: dict[str, int] = {}
    at = 0
    for symbol in chunk.defines:
        row = _row_of(split_symbol(symbol, chunk.kind)[1], rows, at, in_comments=chunk.kind == "section")
        if row is not None:
            begins[symbol] = at = row
    lines = {}
    for symbol in chunk.defines:
        if symbol not in begins:
            lines[symbol] = (chunk.start_line, chunk.end_line)
            continue
        later = [
            row
            for other, row in begins.items()
            if row > begins[symbol] and not other.startswith((f"{symbol}.", f"{symbol} > "))
        ]
        end = _without_lead(rows, begins[symbol], min(later, default=len(rows)))
        lines[symbol] = (chunk.start_line + begins[symbol], chunk.start_line + end)
    return lines


def _row_of(name: str, rows: Sequence[str], at: int, *, in_comments: bool) -> int | None:
    """The first row from `at` on with the name as a word of its own; a comment only if nothing else has."""
    found = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    holding = [row for row in range(at, len(rows)) if found.search(rows[row])]
    first = holding[0] if holding else None
    return first if in_comments else next((row for row in holding if not _COMMENT.match(rows[row])), first)


def _without_lead(rows: Sequence[str], begin: int, end: int) -> int:
    """The last row of a definition before row `end`: blank rows and comments above that are none of it."""
    last = end - 1
    while last > begin and end < len(rows) and (not rows[last].strip() or _COMMENT.match(rows[last])):
        last -= 1
    return last

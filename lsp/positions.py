"""Places in a text as LSP counts them, and as we do.

LSP ends a line at LF, CR LF or a lone CR, and counts columns in the code units of the encoding that client
and server agreed on. We count lines from 1 and end them at LF only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def column_to_index(line: str, column: int, encoding: Encoding) -> int:
    """The index into a line that a column of LSP means.

    Args:
        line: The line, without its end.
        column: In code units of `encoding`; beyond the line it means the line's end, inside a character that
            character's start.
        encoding: What columns count.

    Returns:
        An index, 0 to len(line).
    """
    if line.isascii() or encoding == "utf-32":
        return min(column, len(line))
    codec, width = _CODECS[encoding]
    units = line.encode(codec, "surrogatepass")[: column * width]
    return len(units.decode(codec, "ignore"))


def index_to_column(line: str, index: int, encoding: Encoding) -> int:
    """The column of LSP, in code units of `encoding`, that an index into a line means."""
    if line.isascii() or encoding == "utf-32":
        return min(index, len(line))
    codec, width = _CODECS[encoding]
    return len(line[:index].encode(codec, "surrogatepass")) // width


def whole_lines(start_line: int, end_line: int) -> dict[str, dict[str, int]]:
    """The LSP range of whole lines: it ends where the line after the last begins, so no columns are counted.

    Args:
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
    """
    return {
        "start": {"line": start_line - 1, "character": 0},
        "end": {"line": end_line, "character": 0},
    }


def lines_of_range(
    start: tuple[int, int], end: tuple[int, int], lines: Sequence[str] | None = None
) -> tuple[int, int]:
    """Our lines that an LSP range touches.

    Args:
        start: Its first line and column, 0-based.
        end: Where it ends, exclusive; at column 0 the line itself is not touched, unless the range is empty.
        lines: The document's LSP lines with their ends, where known: a lone CR ends one of theirs and none of
            ours, and blank lines at the end, which no code is near to, stand for the last with text.

    Returns:
        First and last line, 1-based, inclusive.
    """
    first, last = start[0], end[0]
    if end[1] == 0 and last > first:
        last -= 1
    if lines is None:
        return first + 1, max(first, last) + 1
    written = next((number for number in reversed(range(len(lines))) if lines[number].strip()), 0)
    first = min(first, written)
    return _our_line(first, lines), _our_line(max(first, min(last, written)), lines)


def _our_line(line: int, lines: Sequence[str]) -> int:
    lone = sum(1 for each in lines[:line] if each.endswith("\r"))
    return line - lone + 1

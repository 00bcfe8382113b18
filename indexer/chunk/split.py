"""Where to cut what is too large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from zlib import crc32

from .lines import Lines
from .sizes import Sizes

if TYPE_CHECKING:
    from tree_sitter import Node

Rank = Callable[[int], int]
"""How bad it is to begin a piece at a row; lower is better."""

_NO_STATEMENT = 1000
_DEEPEST = 64


def cut(lines: Lines, start: int, end: int, sizes: Sizes, rank: Rank) -> list[tuple[int, int]]:
    """Cut rows start..end into pieces of at most `sizes.most`, single rows excepted.

    Each cut is made at the best-ranked row in reach. Among equals the row's own content decides: cuts fall on
    the same rows again soon after an insertion above them.

    Returns:
        The pieces in order, inclusive rows, covering start..end without a gap.
    """
    pieces: list[tuple[int, int]] = []
    while lines.size(start, end) > sizes.most and start < end:
        first, last = _reach(lines, start, end, sizes)
        at = min(
            range(first, last + 1),
            key=lambda row: (rank(row), crc32(lines.rows[row].encode("utf-8", "replace"))),
        )
        pieces.append((start, at - 1))
        start = at
    pieces.append((start, end))
    return pieces


def _reach(lines: Lines, start: int, end: int, sizes: Sizes) -> tuple[int, int]:
    """The rows that the next piece may begin at: neither it nor what remains gets too small, if possible."""
    remaining = lines.size(start, end)
    most = min(sizes.most, max(sizes.least, remaining - sizes.least))
    last = start + 1
    while last < end and lines.size(start, last) <= most:
        last += 1
    first = start + 1
    while first < last and lines.size(start, first - 1) < sizes.least:
        first += 1
    return first, last


def text_rank(lines: Lines) -> Rank:
    """Prefers rows after a blank row and rows indented little."""

    def rank(row: int) -> int:
        if lines.blank(row):
            return _NO_STATEMENT
        after_blank = lines.blank(row - 1)
        return min(lines.indent(row), 40) - (6 if after_blank else 0) + (50 if lines.closing(row) else 0)

    return rank


def statement_rank(lines: Lines, depths: Mapping[int, int]) -> Rank:
    """Prefers rows where a statement begins, outer ones first; `depths` is what `statement_rows` gives."""
    fallback = text_rank(lines)

    def rank(row: int) -> int:
        depth = depths.get(row)
        if depth is None or lines.closing(row):
            return _NO_STATEMENT + fallback(row)
        return 2 * depth + (0 if lines.blank(row - 1) else 1)

    return rank


def statement_rows(node: Node, lines: Lines, sizes: Sizes, leads: frozenset[str]) -> dict[int, int]:
    """The rows where a node begins that nothing precedes on its row, with their depth in the tree.

    Only large children are looked into. A node right below a comment begins where the comment does.
    """
    depths: dict[int, int] = {}
    stack = [(node, 0)]
    while stack:
        parent, depth = stack.pop()
        previous_end = parent.start_point.row
        lead_end = -2
        for child in parent.children:
            row, end = child.start_point.row, min(child.end_point.row, len(lines) - 1)
            if row > previous_end:
                if row != lead_end + 1:
                    depths.setdefault(row, depth)
                lead_end = end if child.type in leads else -2
            if end > row and depth < _DEEPEST and lines.size(row, end) > sizes.least:
                stack.append((child, depth + 1))
            previous_end = max(previous_end, end)
    return depths

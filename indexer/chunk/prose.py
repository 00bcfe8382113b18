"""Chunks of text that no grammar reads: sections of a document, or pieces by size."""

from __future__ import annotations

from collections.abc import Iterator

from .chunk import Chunk
from .headings import headings
from .lines import Lines
from .sizes import Sizes
from .split import cut, text_rank


def by_size(lines: Lines, sizes: Sizes, language: str) -> Iterator[Chunk]:
    """Cut a whole file by size, at blank rows and low indentation where there are any."""
    yield from _pieces(lines, 0, len(lines) - 1, sizes, Chunk(0, 0, language, "block", "", ""))


def by_heading(lines: Lines, sizes: Sizes, language: str) -> Iterator[Chunk]:
    """Cut a document at its headings; a short section joins the next one at its level or below."""
    found = headings(lines, language)
    starts = [heading.row for heading in found]
    if not found or starts[0] > 0:
        before = (starts[0] if found else len(lines)) - 1
        yield from _pieces(lines, 0, before, sizes, Chunk(0, 0, language, "section", "", ""))
    path: list[tuple[int, str]] = []
    pending: tuple[int, str, list[str], int] | None = None
    for position, heading in enumerate(found):
        end = (starts[position + 1] if position + 1 < len(found) else len(lines)) - 1
        while path and path[-1][0] >= heading.level:
            path.pop()
        path.append((heading.level, heading.title))
        symbol = " > ".join(title for _, title in path if title)
        start, names, outer = heading.row, [symbol], symbol
        if pending is not None and (heading.level >= pending[3]):
            start, outer, names = pending[0], pending[1], [*pending[2], symbol]
            if not heading.level == pending[3]:
                outer = symbol
        elif pending is not None:
            yield from _section(lines, pending[0], heading.row - 1, sizes, language, pending[2], pending[1])
        pending = None
        if lines.size(heading.row, end) < sizes.own and position + 1 < len(found):
            pending = (start, outer, names, heading.level)
            continue
        yield from _section(lines, start, end, sizes, language, names, outer)


def _section(
    lines: Lines, start: int, end: int, sizes: Sizes, language: str, names: list[str], symbol: str
) -> Iterator[Chunk]:
    model = Chunk(
        0, 0, language, "section", symbol, "", defines=tuple(dict.fromkeys(name for name in names if name))
    )
    yield from _pieces(lines, start, end, sizes, model)


def _pieces(lines: Lines, start: int, end: int, sizes: Sizes, model: Chunk) -> Iterator[Chunk]:
    if end < start:
        return
    for first, last in cut(lines, start, end, sizes, text_rank(lines)):
        rows = lines.trim(first, last)
        if rows is not None:
            defines = model.defines if first == start else ()
            yield Chunk(
                rows[0] + 1,
                rows[1] + 1,
                model.language,
                model.kind,
                model.symbol,
                lines.text(*rows),
                model.context,
                defines,
            )

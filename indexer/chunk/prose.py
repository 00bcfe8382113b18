"""Chunks of text that no grammar reads: sections of a document, or pieces by size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .chunk import Chunk
from .headings import Heading, headings
from .lines import Lines
from .sizes import Sizes
from .split import cut, text_rank


def by_size(lines: Lines, sizes: Sizes, language: str) -> Iterator[Chunk]:
    """Cut a whole file by size, at blank rows and low indentation where there are any."""
    yield from _pieces(lines, 0, len(lines) - 1, sizes, Chunk(0, 0, language, "block", "", ""))


@dataclass(frozen=True, slots=True)
class _Section:
    start: int
    end: int
    level: int
    symbol: str


def by_heading(lines: Lines, sizes: Sizes, language: str) -> Iterator[Chunk]:
    """Cut a document at its headings; a short section joins the next one at its level or below."""
    group: list[_Section] = []
    for section in _sections(lines, language):
        if group and (section.level < group[-1].level or not _short(group[-1], lines, sizes)):
            yield from _group(lines, group, sizes, language)
            group = []
        group.append(section)
    if group:
        yield from _group(lines, group, sizes, language)


def _sections(lines: Lines, language: str) -> Iterator[_Section]:
    found = headings(lines, language)
    ends = [heading.row - 1 for heading in found[1:]] + [len(lines) - 1]
    first = found[0].row if found else len(lines)
    if lines.size(0, first - 1):
        # Nothing is above level 8: what comes before the first heading stands alone.
        yield _Section(0, first - 1, 9, "")
    path: list[Heading] = []
    for heading, end in zip(found, ends, strict=False):
        while path and path[-1].level >= heading.level:
            path.pop()
        path.append(heading)
        symbol = " > ".join(outer.title for outer in path if outer.title)
        yield _Section(heading.row, end, heading.level, symbol)


def _short(section: _Section, lines: Lines, sizes: Sizes) -> bool:
    return lines.size(section.start, section.end) < sizes.own


def _group(lines: Lines, group: list[_Section], sizes: Sizes, language: str) -> Iterator[Chunk]:
    main = max(group, key=lambda section: lines.size(section.start, section.end))
    names = tuple(dict.fromkeys(section.symbol for section in group if section.symbol))
    model = Chunk(0, 0, language, "section", main.symbol, "", defines=names)
    yield from _pieces(lines, group[0].start, group[-1].end, sizes, model)


def _pieces(lines: Lines, start: int, end: int, sizes: Sizes, model: Chunk) -> Iterator[Chunk]:
    for first, last in cut(lines, start, end, sizes, text_rank(lines)):
        rows = lines.trim(first, last)
        if rows is not None:
            yield replace(
                model,
                start_line=rows[0] + 1,
                end_line=rows[1] + 1,
                text=lines.text(*rows),
                defines=model.defines if first == start else (),
            )

"""A useful size of a definition, or of other lines, from a file as it is now. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..search.snippet import locate, source_lines, stands_at
from .indentation import block_end, header_end, indent_of, is_attribute, is_closer, is_comment, lead_start
from .records import Excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .records import Limits, Site

_FAR_ROWS = 400
_LEAD_ROWS = 6
_WHOLE_ROWS = 14
_BODY_ROWS = 7
_DOCUMENTATION_ROWS = 6
_LONGEST_ROW = 300
_CLASS_ROW = re.compile(
    r"^[\s\w(),@]*\b(?:class|interface|trait|struct|enum|object|impl|extension|protocol|module|namespace)\s"
)
_DECLARING = (
    r"\b(?:def|class|fn|func|function|fun|interface|struct|enum|trait|type|impl|module|sub|macro|const|let|var|val|"
    r"object|protocol|record|data|defp|defmodule|extension|namespace|define)\b(?:\s*\([^)]*\))?[^=(]*?"
)
_DOCUMENTATION = re.compile(r"\s*[rRuU]?(\"\"\"|''')")


def excerpt_of(site: Site, text: str, limits: Limits) -> Excerpt | None:
    """Take what a site means from its file's text.

    Args:
        site: A definition, which is found by its name near its line, or lines as they were indexed.
        text: The file as it is now.
        limits: How much of it.

    Returns:
        None when the text has no such thing any more.
    """
    if site.text:
        return _of_lines(site, text, limits)
    rows = source_lines(text)
    row = _declaration(rows, site)
    return None if row is None else _of_definition(rows, row, limits)


def shown(rows: Sequence[str], chosen: Iterable[int], limits: Limits) -> Excerpt | None:
    """Some rows of a text, 0-based, in order, as many as the limits allow; None when that is nothing."""
    parts: list[str] = []
    numbers: list[int] = []
    length = 0
    for row in chosen:
        line = rows[row]
        length += len(line) + 1
        if length > limits.passage_characters or len(numbers) >= limits.passage_lines:
            break
        if (
            numbers
            and row > numbers[-1]
            and any(rows[between].strip() for between in range(numbers[-1], row))
        ):
            parts.append(" " * max(indent_of(rows[numbers[-1] - 1]) + 4, indent_of(line)) + "...")
        parts.append(line)
        numbers.append(row + 1)
    return Excerpt(tuple(numbers), "\n".join(parts)) if any(map(str.strip, parts)) else None


def _of_lines(site: Site, text: str, limits: Limits) -> Excerpt | None:
    wanted = site.text
    start = site.start_line
    if not stands_at(wanted, start, text):
        located = locate(wanted, start, source_lines(text))
        if located is None:
            return None
        wanted, start = located.text, located.start_line
    rows = wanted.split("\n")
    taken = shown(rows, range(len(rows)), limits)
    return None if taken is None else Excerpt(tuple(line + start - 1 for line in taken.lines), taken.text)


def _declaration(rows: Sequence[str], site: Site) -> int | None:
    """The row that declares a site's name, the nearest to where the index has it."""
    begin = max(0, site.start_line - 1 - _FAR_ROWS)
    end = min(len(rows), site.end_line + _FAR_ROWS)
    word, declaring = _patterns(site.name)
    holding = [
        row for row in range(begin, end) if site.name in rows[row] and word.search(rows[row][:_LONGEST_ROW])
    ]
    holding = [row for row in holding if not is_comment(rows[row])] or holding
    if not holding:
        return None
    inside = range(site.start_line - 1, site.end_line)

    def order(row: int) -> tuple[bool, bool, int]:
        declares = declaring.search(rows[row][:_LONGEST_ROW]) is not None
        return not declares, row not in inside, abs(row - inside.start)

    return min(holding, key=order)


@lru_cache(maxsize=1 << 10)
def _patterns(name: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    word = rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.compile(word), re.compile(rf"{_DECLARING}{word}|^\s*(?:[\w<>,*&:\[\]]+\s+)+{word}\s*[(<{{]")


def _of_definition(rows: Sequence[str], row: int, limits: Limits) -> Excerpt | None:
    top = max(lead_start(rows, row), row - _LEAD_ROWS)
    while top < row and not rows[top].strip():
        top += 1
    head, end = header_end(rows, row), block_end(rows, row)
    if end - top < _WHOLE_ROWS:
        return shown(rows, range(top, end + 1), limits)
    if _CLASS_ROW.match(rows[row][:_LONGEST_ROW]):
        return shown(rows, _skeleton(rows, top, row, end), limits)
    last = min(end, _documentation_end(rows, head, end) + _BODY_ROWS)
    return shown(rows, range(top, last + 1), limits)


def _skeleton(rows: Sequence[str], top: int, row: int, end: int) -> list[int]:
    """The rows of a class without the bodies of its methods."""
    head = header_end(rows, row)
    chosen = list(range(top, head + 1))
    members = [each for each in range(head + 1, end + 1) if rows[each].strip()]
    if not members:
        return chosen
    own = min(indent_of(rows[each]) for each in members[:3])
    documented = _documentation_end(rows, head, end)
    chosen += range(head + 1, min(documented, head + _DOCUMENTATION_ROWS) + 1)
    if documented > chosen[-1]:
        chosen.append(documented)  # what closes it
    at = max(head, documented) + 1
    while at <= end:
        line = rows[at]
        if line.strip() and indent_of(line) <= own and not (is_comment(line) or is_closer(line)):
            last = min(end, at if is_attribute(line) else header_end(rows, at))
            chosen += range(at, last + 1)
            at = last
        at += 1
    return chosen


def _documentation_end(rows: Sequence[str], head: int, end: int) -> int:
    """The last row of the docstring that follows a header; the header's last row when there is none."""
    at = head + 1
    opened = _DOCUMENTATION.match(rows[at]) if at <= end else None
    if opened is None:
        return head
    quote = opened.group(1)
    if quote in rows[at][opened.end() :]:
        return at
    return next((row for row in range(at + 1, min(end, at + 60) + 1) if quote in rows[row]), at)

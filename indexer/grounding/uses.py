"""Where a text uses a name, with the lines around each use. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..search.snippet import source_lines
from .excerpt import shown
from .indentation import enclosing_rows, indent_of, is_comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .records import Excerpt, Limits

_AROUND = 3
_MOST = 2
_IMPORT = re.compile(r"\s*(?:import|from|use|using|#\s*include|export\s*\{|require|alias)\b")
_DECLARED = r"(?:def|class|fn|func|function|fun|interface|struct|enum|trait|type|impl|module|sub|defp?)\s+"


def use_excerpts(text: str, name: str, own: tuple[int, int] | None, limits: Limits) -> Iterator[Excerpt]:
    """Give a few places of a text that use a name: not its definition, imports or comments.

    Args:
        text: The file as it is now.
        name: The name.
        own: First and last line of the definition itself, 1-based, if it is in this text.
        limits: How much of a place.

    Yields:
        Lines around a use, below the header of what it is in.
    """
    rows = source_lines(text)
    using = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    declaring = re.compile(rf"\b{_DECLARED}{re.escape(name)}(?!\w)")
    given, after = 0, -1
    for row, line in enumerate(rows):
        if row <= after or name not in line or not using.search(line):
            continue
        if own is not None and own[0] <= row + 1 <= own[1]:
            continue
        if _IMPORT.match(line) or is_comment(line) or declaring.search(line):
            continue
        headers = enclosing_rows(rows, row, indent_of(line))
        first, after = max(0, row - _AROUND), min(len(rows) - 1, row + _AROUND)
        chosen = sorted({*headers[-1:], *headers[:1], *range(first, after + 1)})
        excerpt = shown(rows, chosen, limits)
        if excerpt is not None:
            yield excerpt
            given += 1
        if given >= _MOST:
            return

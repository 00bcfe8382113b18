"""Joins results of one file that overlap, or continue each other, so that a reader sees each line once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from .request import SearchResult
from .symbol_lines import definition_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rank import Ranked

MAX_CONTINUED_LINES = 120
"""Pieces of one long definition are joined up to this length."""


def merged(ranked: Iterable[Ranked], limit: int) -> list[SearchResult]:
    """Make results of ranked chunks.

    A chunk that overlaps a better result of its file, or continues the same symbol on the very next line,
    becomes part of that result, which keeps its place, symbol and score.

    Args:
        ranked: Chunks, best first.
        limit: How many results to give at most.
    """
    places: dict[int, SearchResult] = {}
    of_path: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(ranked):
        here, result = place, _result(item)
        siblings = of_path[result.path]
        while (
            home := next((at for at in siblings if _belong_together(places[at], result)), None)
        ) is not None:
            siblings.remove(home)
            first, second = (places.pop(home), result) if home < here else (result, places.pop(home))
            here, result = min(home, here), _joined(first, second)
        if here == place and len(places) == limit:
            break
        siblings.append(here)
        places[here] = result
    return [places[place] for place in sorted(places)]


def _result(item: Ranked) -> SearchResult:
    chunk = item.chunk
    return SearchResult(
        path=chunk.path,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        language=chunk.language,
        kind=chunk.kind,
        symbol=chunk.symbol,
        score=item.score,
        text=chunk.text,
        scores=item.parts,
        symbol_lines=definition_lines(chunk).get(chunk.symbol) if chunk.symbol in chunk.defines else None,
    )


def _belong_together(one: SearchResult, other: SearchResult) -> bool:
    first, second = sorted((one, other), key=lambda result: result.start_line)
    if second.start_line <= first.end_line:
        return True
    continues = second.start_line == first.end_line + 1 and first.symbol == second.symbol != ""
    return continues and second.end_line - first.start_line < MAX_CONTINUED_LINES


def _joined(better: SearchResult, other: SearchResult) -> SearchResult:
    """Give the lines of both under the better one's name."""
    lines = dict(enumerate(other.text.split("\n"), other.start_line))
    lines.update(enumerate(better.text.split("\n"), better.start_line))
    begun = other.symbol_lines if other.symbol == better.symbol else None
    return replace(
        better,
        start_line=min(lines),
        end_line=max(lines),
        text="\n".join(lines[number] for number in sorted(lines)),
        symbol_lines=better.symbol_lines or begun,
    )
